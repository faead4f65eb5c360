/* The suite as a program: suite NET.plan */
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

void suite_print(const char *line) { puts(line); }

int main(int count, char **words) {
    if (count != 2) {
        fprintf(stderr, "usage: %s NET.plan\n", words[0]);
        return 2;
    }
    FILE *file = fopen(words[1], "rb");
    if (!file) {
        perror(words[1]);
        return 1;
    }
    fseek(file, 0, SEEK_END);
    size_t bytes = (size_t)ftell(file);
    rewind(file);
    /* The file where plans are to lie: at a multiple of 64. */
    uint8_t *plan = aligned_alloc(64, (bytes + 63) / 64 * 64);
    suite_room room = {malloc((size_t)64 << 20), (size_t)64 << 20};
    if (!plan || !room.begin || fread(plan, 1, bytes, file) != bytes) {
        perror(words[1]);
        return 1;
    }
    fclose(file);
    int wrong = suite_check(plan, bytes, room);
    free(room.begin);
    free(plan);
    return wrong;
}
