/* The board "virt" of qemu-system-riscv32: a serial line, and a register that ends the emulator. */
#include "board.h"

#include <stdint.h>

#include "string.h"

int main(void);

void board_write(const char *text) {
    volatile uint8_t *serial = (volatile uint8_t *)0x10000000;
    while (*text) *serial = (uint8_t)*text++;
}

__attribute__((used)) static void begin(void) {
    if (main()) board_write("ended with an error\n");
    *(volatile uint32_t *)0x100000 = 0x5555;
    for (;;) {
    }
}

__attribute__((naked, section(".vectors"), used)) void start(void) {
    __asm__ volatile("la sp, stack_end\n\tj begin");
}
