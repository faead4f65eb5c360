/* Cortex-M under qemu-system-arm, with semihosting. */
#include "board.h"

#include <stdint.h>

#include "string.h"

extern uint32_t data_from[], data_begin[], data_end[], bss_begin[], bss_end[], stack_end[];
int main(void);

static int ask(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void board_write(const char *text) { ask(4, text); }

void start(void) {
    for (uint32_t *to = data_begin, *from = data_from; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;) *to++ = 0;
    /* 0x20026: the application ends well. */
    int wrong = main();
    if (wrong) board_write("ended with an error\n");
    ask(0x18, (const void *)0x20026);
    for (;;) {
    }
}

static void fault(void) {
    board_write("a fault of the processor\n");
    ask(0x18, (const void *)0x20026);
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {stack_end, start, fault, fault, fault, fault, fault};
