/* How many vector instructions a core does a second, eight of them in flight: what the inner loops of the kernels are made of. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EIGHT(one) one(0) one(1) one(2) one(3) one(4) one(5) one(6) one(7)
#define ADD_INT(k) "vpaddw %c1*" #k "(%0), %%zmm" #k ", %%zmm" #k "\n"
#define ADD_REAL(k) "vaddps %c1*" #k "(%0), %%zmm" #k ", %%zmm" #k "\n"
#define DOT(k) "vpdpbusd %%zmm8, %%zmm9, %%zmm" #k "\n"
#define PAIRS(k) "vpmaddubsw %%ymm8, %%ymm9, %%ymm10\nvpaddw %%ymm10, %%ymm" #k ", %%ymm" #k "\n"
#define TIME(name, one) \
    start = now(); \
    for (long i = 0; i < turns; i++) __asm__ volatile(EIGHT(one) : : "r"(values), "i"(64) : "memory"); \
    printf("%s %.3f\n", name, 8e-9 * turns / (now() - start));

static char values[1024] __attribute__((aligned(64)));

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(void) {
    const long turns = 50000000;
    double start;
    TIME("load_add_float32", ADD_REAL)
    TIME("load_add_int16", ADD_INT)
    TIME("dot_vnni", DOT)
    TIME("dot_avx2", PAIRS)
    return 0;
}
