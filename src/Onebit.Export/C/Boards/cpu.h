/* What board.c needs of a processor. */
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

uintptr_t cpu_semihosting(uintptr_t operation, const void *arguments);
uintptr_t cpu_stack_pointer(void);
void cpu_start_counting(void);
uint32_t cpu_instructions(void);

#endif
