/* Reads images from the file images.gray, a byte per pixel, and prints a class and all scores for each. */
#include "@model@.h"
#include "board.h"

static @model@_work work;
@static pixels@static @model@_score scores[@MODEL@_CLASSES];

#ifndef NO_DRAWING
static void draw(void) {
    const uint8_t *pixel = @pixels@;
    for (int y = 0; y < @MODEL@_HEIGHT; y++) {
        for (int x = 0; x < @MODEL@_WIDTH; x++) {
            const char ink = " .:-=+*#%@"[*pixel++ * 10 >> 8];
            board_character(ink);
            board_character(ink);
        }
        board_character('\n');
    }
}
#endif

int main(void) {
    if (!board_open("images.gray")) {
        board_text("There is no file images.gray.\n");
        return 1;
    }
    while (board_read(@pixels@, @MODEL@_PIXELS)) {
#ifndef NO_DRAWING
        draw();
#endif
        board_start_counting();
        const int best = @model@_predict(@arguments@);
        const uint32_t instructions = board_instructions();
        const uint32_t stack = board_stack();
        board_text("class ");
        board_number(best);
        board_text(", scores");
        for (int c = 0; c < @MODEL@_CLASSES; c++) {
            board_character(' ');
            board_number(scores[c]);
        }
        board_text(", instructions ");
        board_number(instructions);
        board_text(", stack ");
        board_number(stack);
        board_character('\n');
    }
    return 0;
}
