/* What the suite takes of the C library: Rust's libraries for processors without a system have it. */
#ifndef SUITE_STRING_H
#define SUITE_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *one, const void *other, size_t bytes);
size_t strlen(const char *text);

#endif
