/* ARM Cortex-M3, tried with qemu's board mps2-an385. */
#include "cpu.h"

extern uint32_t stack_top[];
void board_start(void);

/* The stack pointer and the first function. Interrupts are not used. */
const void *const vectors[2] __attribute__((section(".start"), used)) = {stack_top, board_start};

uintptr_t cpu_semihosting(uintptr_t operation, const void *arguments) {
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

uintptr_t cpu_stack_pointer(void) {
    uintptr_t pointer;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    return pointer;
}

/* The timer SysTick counts 24 bits down. In qemu with -icount shift=0, one of its 25,000,000 ticks per second is 40 instructions.
 * On a device it counts cycles: there, leave out the factor. */
static volatile uint32_t *const systick = (volatile uint32_t *)0xe000e010;

void cpu_start_counting(void) {
    systick[1] = 0xffffff;
    systick[2] = 0; /* Begins anew at the next tick. */
    systick[0] = 5; /* On, by the processor's clock. */
    while (systick[2] == 0) {
    }
}

uint32_t cpu_instructions(void) {
    return 40 * (0xffffff - systick[2]);
}
