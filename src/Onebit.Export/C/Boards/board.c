/* Start, input and output over semihosting: the debugger or emulator serves files and text.
 * The processor's own part is cpu.c. */
#include "board.h"
#include "cpu.h"

enum { SYS_OPEN = 0x01, SYS_WRITEC = 0x03, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { APPLICATION_EXIT = 0x20026, UNUSED_STACK = 0x5aa55aa5 };

/* From the linker script. */
extern uint32_t data_source[], data_begin[], data_end[], bss_end[], stack_top[];

int main(void);

static uintptr_t file;

/* Compilers call these two for loops and structures. */
void *memset(void *target, int value, uintptr_t bytes) {
    for (volatile uint8_t *p = target; bytes > 0; bytes--) {
        *p++ = (uint8_t)value;
    }
    return target;
}

void *memcpy(void *target, const void *source, uintptr_t bytes) {
    const uint8_t *from = source;
    for (volatile uint8_t *p = target; bytes > 0; bytes--) {
        *p++ = *from++;
    }
    return target;
}

/* Ends the program. A device without a debugger would stop here. */
static void __attribute__((noinline)) end(int code) {
    const uintptr_t exit[2] = {APPLICATION_EXIT, (uintptr_t)code};
    cpu_semihosting(SYS_EXIT_EXTENDED, exit);
}

/* What runs first: variables get their values, and the stack a pattern that shows how far it was used. */
void board_start(void) {
    const uint32_t *from = data_source;
    for (uint32_t *p = data_begin; p < data_end; p++) {
        *p = *from++;
    }
    for (uint32_t *p = data_end; p < bss_end; p++) {
        *p = 0;
    }
    for (uint32_t *p = bss_end; p < (uint32_t *)cpu_stack_pointer(); p++) {
        *p = UNUSED_STACK;
    }
    end(main());
}

int board_open(const char *path) {
    uintptr_t length = 0;
    while (path[length] != 0) {
        length++;
    }
    const uintptr_t binary = 1;
    const uintptr_t arguments[3] = {(uintptr_t)path, binary, length};
    file = cpu_semihosting(SYS_OPEN, arguments);
    return file != (uintptr_t)-1;
}

int board_read(void *buffer, uint32_t bytes) {
    const uintptr_t arguments[3] = {file, (uintptr_t)buffer, bytes};
    return cpu_semihosting(SYS_READ, arguments) == 0;
}

void board_character(char character) {
    cpu_semihosting(SYS_WRITEC, &character);
}

void board_text(const char *text) {
    while (*text != 0) {
        board_character(*text++);
    }
}

/* Without a division, which some processors lack. */
void board_number(int64_t number) {
    if (number < 0) {
        board_character('-');
    }
    int begun = 0;
    for (int digits = 18; digits >= 0; digits--) {
        int64_t power = 1;
        for (int i = 0; i < digits; i++) {
            power = (power << 3) + (power << 1);
        }
        char digit = '0';
        for (; number >= power || number <= -power; digit++) {
            number += number < 0 ? power : -power;
        }
        begun |= digit != '0' || digits == 0;
        if (begun) {
            board_character(digit);
        }
    }
}

void board_start_counting(void) {
    cpu_start_counting();
}

uint32_t board_instructions(void) {
    return cpu_instructions();
}

uint32_t board_stack(void) {
    const uint32_t *p = bss_end;
    while (*p == UNUSED_STACK) {
        p++;
    }
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)p);
}
