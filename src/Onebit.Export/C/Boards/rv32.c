/* RISC-V of 32 bits, with or without multiplication, tried with qemu's board virt. */
#include "cpu.h"

__asm__(".section .start,\"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "la sp, stack_top\n"
        "call board_start\n");

/* The three instructions that mark a call must not be compressed, and must lie in one page. */
__attribute__((noinline)) uintptr_t cpu_semihosting(uintptr_t operation, const void *arguments) {
    register uintptr_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = arguments;
    __asm__ volatile(".option push\n"
                     ".option norvc\n"
                     ".balign 16\n"
                     "slli x0, x0, 0x1f\n"
                     "ebreak\n"
                     "srai x0, x0, 7\n"
                     ".option pop\n"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

uintptr_t cpu_stack_pointer(void) {
    uintptr_t pointer;
    __asm__ volatile("mv %0, sp" : "=r"(pointer));
    return pointer;
}

/* rdinstret, spelled so that it needs no extension's name. */
static uint32_t retired(void) {
    uint32_t count;
    __asm__ volatile(".insn i 0x73, 2, %0, x0, -1022" : "=r"(count));
    return count;
}

static uint32_t start;

void cpu_start_counting(void) {
    start = retired();
}

uint32_t cpu_instructions(void) {
    return retired() - start;
}
