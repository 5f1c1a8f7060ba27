/* What the program needs of a board. For another board, write these functions anew. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Opens a file for reading. Gives 0 if there is none. */
int board_open(const char *path);

/* Reads so many bytes. Gives 0 if fewer are left. */
int board_read(void *buffer, uint32_t bytes);

/* Writes a character, a text, and a decimal number. */
void board_character(char character);
void board_text(const char *text);
void board_number(int64_t number);

/* Begins to count instructions, and gives those executed since then. */
void board_start_counting(void);
uint32_t board_instructions(void);

/* The most bytes of stack that were in use so far. */
uint32_t board_stack(void);

#endif
