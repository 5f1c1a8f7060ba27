namespace Onebit.Export;

/// <summary>Small functions that several layers call. A file has those that it needs.</summary>
internal static class CHelpers
{
    /// <summary>The helpers that one calls.</summary>
    public static string[] Needs(string name) =>
        name switch
        {
            "sign_at" or "code_at" => ["bit_at"],
            "add_sums" or "add_wide_sums" => ["complete_tables"],
            "complete_tables" => ["complete_table"],
            _ => [],
        };

    /// <summary>Its text.</summary>
    public static string Text(string name) =>
        name switch
        {
            "bit_at" => """
                /* One bit of an array of bits. */
                static uint32_t bit_at(const uint32_t *bits, uint32_t i) {
                    return bits[i >> 5] >> (i & 31) & 1;
                }
                """,
            "sign_at" => """
                /* One sign: its bit is 1 for +1 and 0 for -1. */
                static int32_t sign_at(const uint32_t *bits, uint32_t i) {
                    return bit_at(bits, i) != 0 ? 1 : -1;
                }
                """,
            "code_at" => """
                /* One code of one bit. */
                static int32_t code_at(const uint32_t *bits, uint32_t i) {
                    return (int32_t)bit_at(bits, i);
                }
                """,
            "put_bit" => """
                /* Sets or clears one bit of an array of bits. */
                static void put_bit(uint32_t *bits, uint32_t i, int on) {
                    const uint32_t bit = (uint32_t)1 << (i & 31);
                    if (on) {
                        bits[i >> 5] |= bit;
                    } else {
                        bits[i >> 5] &= ~bit;
                    }
                }
                """,
            "ones" => """
                /* How many bits are 1. The compiler's own function is used where the processor has an instruction for it. */
                static uint32_t ones(uint32_t x) {
                #if defined(__GNUC__) && (defined(__POPCNT__) || defined(__aarch64__) || defined(__wasm__) || defined(__riscv_zbb))
                    return (uint32_t)__builtin_popcountl(x);
                #else
                    x -= x >> 1 & 0x55555555;
                    x = (x & 0x33333333) + (x >> 2 & 0x33333333);
                    x = (x + (x >> 4)) & 0x0f0f0f0f;
                    x += x >> 8;
                    return (x + (x >> 16)) & 63;
                #endif
                }
                """,
            "bits_at" => """
                /* Bits that follow one another, fewer than 32. */
                static uint32_t bits_at(const uint32_t *bits, uint32_t first, uint32_t count) {
                    const uint32_t before = first & 31;
                    uint32_t x = bits[first >> 5] >> before;
                    if (before + count > 32) {
                        x |= bits[(first >> 5) + 1] << (32 - before);
                    }
                    return x & (((uint32_t)1 << count) - 1);
                }
                """,
            "append_ones" => """
                /* Lists the columns of weights of the bits that are 1: how many bytes behind the first column each begins. */
                static uint16_t *append_ones(uint16_t *end, uint32_t bits, uint32_t column) {
                    for (; bits != 0; bits >>= 1) {
                        if ((bits & 1) != 0) {
                            *end++ = (uint16_t)column;
                        }
                        column += 4;
                    }
                    return end;
                }
                """,
            "ADD" => """
                /* A column of the list. */
                #define COLUMN(i) (*(const IN_FLASH uint32_t *)(columns + list[i]))
                /* Adds two words of bits to one, each bit by itself. */
                #define ADD(sum, carry, a, b) \
                    (x = (a), y = (b), half = (sum) ^ x, (carry) = ((sum) & x) | (half & y), (sum) = half ^ y)
                """,
            "times" => """
                /* An element times a small number. Without an instruction for it, shifts and additions are faster than a library. */
                static int32_t times(int32_t x, uint32_t m) {
                #if defined(__riscv) && !defined(__riscv_mul)
                    uint32_t product = 0;
                    for (uint32_t shifted = (uint32_t)x; m != 0; m >>= 4) {
                        product += (m & 1) != 0 ? shifted : 0;
                        product += (m & 2) != 0 ? shifted << 1 : 0;
                        product += (m & 4) != 0 ? shifted << 2 : 0;
                        product += (m & 8) != 0 ? shifted << 3 : 0;
                        shifted <<= 4;
                    }
                    return (int32_t)product;
                #else
                    return x * (int32_t)m;
                #endif
                }
                """,
            "larger" => """
                static int32_t larger(int32_t x, int32_t y) {
                    return x > y ? x : y;
                }
                """,
            "low_sum" => """
                /* The sum of all inputs times their weights, +1 or -1: twice the sum of those with +1, less the sum of all. */
                static int32_t low_sum(uint32_t chosen, uint32_t all) {
                    return (int32_t)((chosen & 0xffff) << 1) - (int32_t)(all & 0xffff);
                }
                """,
            "high_sum" => """
                /* The same of the sums in the upper 16 bits. */
                static int32_t high_sum(uint32_t chosen, uint32_t all) {
                    return (int32_t)(chosen >> 16 << 1) - (int32_t)(all >> 16);
                }
                """,
            "complete_table" => """
                /* A table holds the sums of all choices of four inputs, at four positions: two words with two sums of 16 bits each.
                 * This fills one word of each of the 16 entries. */
                static void complete_table(const uint32_t *in, uint32_t *entry) {
                    const uint32_t a = in[0], b = in[2], c = in[4], d = in[6];
                    entry[0] = 0;
                    entry[2] = a;
                    entry[4] = b;
                    entry[6] = a + b;
                    entry[8] = c;
                    entry[10] = a + c;
                    entry[12] = b + c;
                    entry[14] = a + b + c;
                    entry[16] = d;
                    entry[18] = a + d;
                    entry[20] = b + d;
                    entry[22] = a + b + d;
                    entry[24] = c + d;
                    entry[26] = a + c + d;
                    entry[28] = b + c + d;
                    entry[30] = a + b + c + d;
                }
                """,
            "complete_tables" => """
                /* The eight inputs of the two tables lie in the second half of the second one. */
                static void complete_tables(uint32_t *tables) {
                    complete_table(tables + 48, tables);
                    complete_table(tables + 49, tables + 1);
                    complete_table(tables + 56, tables + 32);
                    complete_table(tables + 57, tables + 33);
                }
                """,
            "add_sums" => """
                /* Adds to the sums of each output those of eight inputs whose weight is +1. An output has a byte of weights.
                 * Behind them all inputs are added. */
                static void add_sums(uint32_t *tables, const IN_FLASH uint8_t *weights, uint32_t (*sums)[2], uint32_t outputs) {
                    complete_tables(tables);
                    const IN_FLASH uint8_t *const end = weights + outputs;
                    do {
                        const uint32_t *low = tables + 2 * (*weights & 15u), *high = tables + 2u * (*weights >> 4);
                        sums[0][0] += low[0] + high[32];
                        sums[0][1] += low[1] + high[33];
                        sums++;
                    } while (++weights != end);
                    sums[0][0] += tables[30] + tables[62];
                    sums[0][1] += tables[31] + tables[63];
                }
                """,
            "add_wide_sums" => """
                /* Adds to the sums of each output those of eight inputs whose weight is +1. An output has a byte of weights.
                 * Behind them all inputs are added. */
                static void add_wide_sums(uint32_t *tables, const IN_FLASH uint8_t *weights, uint32_t (*sums)[4], uint32_t outputs) {
                    complete_tables(tables);
                    for (uint32_t o = 0; o <= outputs; o++) {
                        const uint32_t byte = o < outputs ? weights[o] : 255;
                        const uint32_t *low = tables + 2 * (byte & 15), *high = tables + 2 * (byte >> 4);
                        const uint32_t left = low[0] + high[32], right = low[1] + high[33];
                        sums[o][0] += left & 0xffff;
                        sums[o][1] += left >> 16;
                        sums[o][2] += right & 0xffff;
                        sums[o][3] += right >> 16;
                    }
                }
                """,
            "add_chosen" => """
                /* Adds to the sums of each output those of eight inputs whose weight is +1. An output has a byte of weights.
                 * Two tables hold the sums of all choices of four inputs. */
                static void add_chosen(const uint32_t *in, const IN_FLASH uint8_t *weights, uint32_t *sums, uint32_t outputs) {
                    uint32_t low[16], high[16];
                    low[0] = 0;
                    high[0] = 0;
                    for (uint32_t i = 0, size = 1; i < 4; i++, size *= 2) {
                        for (uint32_t j = 0; j < size; j++) {
                            low[size + j] = low[j] + in[i];
                            high[size + j] = high[j] + in[i + 4];
                        }
                    }
                    for (uint32_t o = 0; o < outputs; o++) {
                        sums[o] += low[weights[o] & 15] + high[weights[o] >> 4];
                    }
                }
                """,
            "place_of" => """
                /* Where a row lies among so many that share their places in turn. */
                static uint32_t place_of(uint32_t row, uint32_t rows) {
                    while (row >= rows) {
                        row -= rows;
                    }
                    return row;
                }
                """,
            "clear" => """
                static void clear(uint8_t *bytes, uint32_t count) {
                    for (uint32_t i = 0; i < count; i++) {
                        bytes[i] = 0;
                    }
                }
                """,
            "chosen_uint8_t" => Chosen("uint8_t"),
            "chosen_uint16_t" => Chosen("uint16_t"),
            "chosen_int32_t" => Chosen("int32_t"),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
        };

    private static string Chosen(string type) =>
        $$"""
            /* The sum of the inputs whose weight is +1. A byte holds eight weights. */
            static uint32_t chosen_{{type}}(const {{type}} *in, const IN_FLASH uint8_t *weights, uint32_t count) {
                uint32_t sum = 0;
                uint32_t bits = 0;
                for (uint32_t i = 0; i < count; i++) {
                    bits = (i & 7) == 0 ? weights[i >> 3] : bits >> 1;
                    if ((bits & 1) != 0) {
                        sum += (uint32_t)in[i];
                    }
                }
                return sum;
            }
            """;
}
