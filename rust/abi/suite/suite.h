/* What every library that implements pysnn.h must do. */
#ifndef SUITE_H
#define SUITE_H

#include "pysnn.h"

/* Memory that the suite works in: a copy of the file, models, sessions, states, scores. */
typedef struct suite_room {
    uint8_t *begin;
    size_t bytes;
} suite_room;

/* Print a line: given by the program around it. */
void suite_print(const char *line);

/* Check a library with a file; 0 if all is well, else 1, behind a line that says what is not. Lines with scores are printed. */
int suite_check(const uint8_t *plan, size_t bytes, suite_room room);

#endif
