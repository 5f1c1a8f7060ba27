using System.Numerics;

namespace Onebit.Export;

/// <summary>
/// A layer on bits that ends in thresholds. A word holds one bit for each of 32 outputs. The weights of an input are a column: a bit for
/// each output. The columns of the inputs that are 1 are added, bit by bit: one word holds the lowest bit of 32 sums, one word the next.
/// So an input costs about ten instructions for 32 outputs, and an input that is 0 costs nothing.
/// </summary>
/// <remarks>
/// With A inputs that are 1, and P of them at weights of +1, codes sum to 2P - A, and signs to 2 (2P - A) - (sum of all weights). So a
/// sum reaches its threshold where 2P - A reaches another one. Sums start at a number that makes it A + <c>limit</c> for all outputs.
/// </remarks>
internal sealed class ColumnLinear
{
    private const int WordBits = 32,
        AtATime = 8,
        // Slices of a sum that eight columns reach without a carry.
        FirstCarry = 4;

    private readonly LayerWriter _writer;
    private readonly FusedLinear _layer;
    private readonly int _words,
        _limit,
        _slices;
    private readonly int[] _starts;

    private ColumnLinear(LayerWriter writer)
    {
        (_writer, _layer) = (writer, (FusedLinear)writer.Layer);
        _words = CType.Words(_layer.Linear.Outputs);
        int n = _layer.FanIn;
        int[] positive = [.. Enumerable.Range(0, _layer.Linear.Outputs).Select(o => Enumerable.Range(0, n).Count(i => IsPositive(o, i)))];
        ReadOnlyMemory<int> thresholds = ((Threshold)_layer.Epilogue!).Thresholds;
        bool signs = _layer.Source.Kind == ElementKind.Signs;
        int[] least =
        [
            .. positive.Select(
                (p, o) =>
                {
                    long threshold = thresholds.Span[o];
                    return (int)Math.Clamp(signs ? (threshold + 2 * p - n + 1) >> 1 : threshold, -n, n + 1L);
                }
            ),
        ];
        // At least 1: what is left of the last word never reaches it.
        _limit = Math.Max(1, least.Max());
        _starts = [.. least.Select(l => _limit - l)];
        int largest = Math.Max(n + _limit, positive.Select((p, o) => 2 * p + _starts[o]).Max());
        _slices = Math.Max(FirstCarry + 1, BitOperations.Log2((uint)largest) + 1);
    }

    /// <summary>Writes the body of the layer's function.</summary>
    public static void Write(LayerWriter writer) => new ColumnLinear(writer).Write();

    private void Write()
    {
        CUnit unit = _writer.Unit;
        AddSums();
        unit.Helper("append_ones");
        _writer.Add($"uint16_t *const list = {_writer.Array(CType.UInt16, "list", _layer.FanIn + AtATime - 1)};");
        string flipped = Flipped();
        string count = $$"""
            const uint32_t ones = (uint32_t)(end - list);
            for (uint32_t i = 0; i < {{AtATime - 1}}; i++) {
            *end++ = {{4 * _layer.FanIn}};
            }
            """;
        string sums = $"{_writer.Name}_reached(list, ones, w)";
        if (_layer.IsDense)
        {
            _writer.Add(
                $$"""
                uint16_t *end = list;
                for (uint32_t i = 0; i < {{CType.Words(_layer.FanIn)}}; i++) {
                end = append_ones(end, in[i], {{4 * WordBits}} * i);
                }
                {{count}}
                for (uint32_t w = 0; w < {{_words}}; w++) {
                out[w] = {{sums}}{{flipped}};
                }
                """
            );
            return;
        }

        Linear linear = _layer.Linear;
        ValueInfo output = _writer.Output.Info;
        int pool = _layer.Pool?.Stride ?? 1;
        string Place(string index) =>
            (_layer.Pool, linear.Padding) switch
            {
                (null, 0) => LinearParts.Times(index, linear.Stride),
                (null, int padding) => $"{LinearParts.Times(index, linear.Stride)} - {padding}",
                (_, int padding) =>
                    $"{LinearParts.Times($"({LinearParts.Times(index, pool)} + {(index == "y" ? "i" : "j")})", linear.Stride)}"
                        + (padding == 0 ? "" : $" - {padding}"),
            };
        string window = $$"""
            const uint32_t row = {{Place("y")}}, column = {{Place("x")}};
            uint16_t *end = list;
            {{Gather()}}
            {{count}}
            """;
        string store = _layer.Pool is null
            ? $$"""
                {{window}}
                for (uint32_t w = 0; w < {{_words}}; w++) {
                *out++ = {{sums}}{{flipped}};
                }
                """
            : $$"""
                for (uint32_t w = 0; w < {{_words}}; w++) {
                out[w] = 0;
                }
                /* The largest sum reaches a threshold if any does. */
                for (uint32_t i = 0; i < {{_layer.Pool.Size}}; i++) {
                for (uint32_t j = 0; j < {{_layer.Pool.Size}}; j++) {
                {{window}}
                for (uint32_t w = 0; w < {{_words}}; w++) {
                out[w] |= {{sums}};
                }
                }
                }
                for (uint32_t w = 0; w < {{_words}}; w++) {
                {{(flipped.Length == 0 ? "out++;" : $"*out++ ^= {flipped[3..]};")}}
                }
                """;
        _writer.Add(
            $$"""
            for (uint32_t y = 0; y < {{output.Height}}; y++) {
            for (uint32_t x = 0; x < {{output.Width}}; x++) {
            {{store}}
            }
            }
            """
        );
    }

    /// <summary>Statements that list the inputs of a window that are 1.</summary>
    private string Gather()
    {
        Linear linear = _layer.Linear;
        ValueInfo x = _layer.Source;
        if (!_writer.Unit.Columns.IsByPosition(linear.Input))
        {
            string bits = _writer.Unit.Helper("bits_at");
            return $$"""
                for (uint32_t k = 0; k < {{linear.KernelHeight}}; k++) {
                end = append_ones(end, {{bits}}(in, (row + k) * {{x.Width}} + column, {{linear.KernelWidth}}), {{4
                    * linear.KernelWidth}} * k);
                }
                """;
        }

        int words = x.Channels / WordBits;
        string each = $$"""
            for (uint32_t w = 0; w < {{words}}; w++) {
            end = append_ones(end, in[((row + k) * {{x.Width}} + column + l) * {{words}} + w], at + {{4 * WordBits}} * w);
            }
            """;
        string inside =
            linear.Padding == 0
                ? each
                : $$"""
                    /* What is before the first row or column has wrapped to a large number. */
                    if (row + k < {{x.Height}} && column + l < {{x.Width}}) {
                    {{each}}
                    }
                    """;
        return $$"""
            uint32_t at = 0;
            for (uint32_t k = 0; k < {{linear.KernelHeight}}; k++) {
            for (uint32_t l = 0; l < {{linear.KernelWidth}}; l++) {
            {{inside}}
            at += {{4 * x.Channels}};
            }
            }
            """;
    }

    /// <summary>What turns the bits of flipped thresholds, of word w.</summary>
    private string Flipped()
    {
        long[] words = new long[_words];
        ReadOnlySpan<bool> flipped = ((Threshold)_layer.Epilogue!).Flipped.Span;
        for (int o = 0; o < flipped.Length; o++)
        {
            words[o / WordBits] |= flipped[o] ? 1L << (o % WordBits) : 0;
        }

        return words.All(w => w == 0) ? "" : $" ^ {_writer.Unit.Array($"{_writer.Name}_flipped", CType.Bits, words, hexadecimal: true)}[w]";
    }

    /// <summary>The function that adds the columns of 32 outputs.</summary>
    private void AddSums()
    {
        CUnit unit = _writer.Unit;
        string columns = unit.Array($"{_writer.Name}_columns", CType.Bits, Columns(), hexadecimal: true),
            starts = unit.Array($"{_writer.Name}_starts", CType.Bits, Starts(), hexadecimal: true);
        string[] slices = [.. Enumerable.Range(0, _slices).Select(k => $"sum{k}")];
        string carry = string.Join(
            "\n",
            slices[FirstCarry..]
                .Select((s, i) => i < _slices - FirstCarry - 1 ? $"half = {s} & carry;\n{s} ^= carry;\ncarry = half;" : $"{s} ^= carry;")
        );
        unit.Helper("ADD");
        unit.Text.Add(
                $$"""
                /* 32 outputs from 32 * w on: which of them reach their thresholds. sum0 has the lowest bits of their sums. */
                static uint32_t {{_writer.Name}}_reached(const uint16_t *list, uint32_t ones, uint32_t w) {
                const IN_FLASH uint8_t *const columns = (const IN_FLASH uint8_t *)({{columns}} + w * {{_layer.FanIn + 1}});
                const IN_FLASH uint32_t *const start = {{starts}} + w * {{_slices}};
                uint32_t {{string.Join(", ", slices.Select((s, k) => $"{s} = start[{k}]"))}};
                for (uint32_t i = 0; i < ones; i += {{AtATime}}) {
                uint32_t x, y, half, carry, two, other_two, four;
                ADD(sum1, two, COLUMN(0), COLUMN(1));
                ADD(sum1, other_two, COLUMN(2), COLUMN(3));
                ADD(sum2, four, two, other_two);
                ADD(sum1, two, COLUMN(4), COLUMN(5));
                ADD(sum1, other_two, COLUMN(6), COLUMN(7));
                ADD(sum2, carry, two, other_two);
                ADD(sum3, carry, four, carry);
                {{carry}}
                list += {{AtATime}};
                }
                /* Compares with ones + {{_limit}}, from the lowest bit on. */
                const uint32_t limit = ones + {{_limit}};
                uint32_t reached = 0xffffffff;
                {{string.Join("\n", slices.Select((s, k) => $"reached = (limit & {1 << k}) != 0 ? reached & {s} : reached | {s};"))}}
                return reached;
                }
                """
            )
            .Space();
    }

    /// <summary>The columns of 32 outputs after those of the 32 before, and behind each of them a column of zeros.</summary>
    private long[] Columns()
    {
        int n = _layer.FanIn;
        long[] columns = new long[(long)_words * (n + 1)];
        for (int o = 0; o < _layer.Linear.Outputs; o++)
        {
            for (int i = 0; i < n; i++)
            {
                int at = o / WordBits * (n + 1) + _writer.Unit.Columns.Place(_layer, i);
                columns[at] |= IsPositive(o, i) ? 1L << (o % WordBits) : 0;
            }
        }

        return columns;
    }

    /// <summary>The numbers that sums start at, bit by bit.</summary>
    private long[] Starts()
    {
        long[] starts = new long[_words * _slices];
        for (int o = 0; o < _starts.Length; o++)
        {
            for (int k = 0; k < _slices; k++)
            {
                starts[o / WordBits * _slices + k] |= (long)(_starts[o] >> k & 1) << (o % WordBits);
            }
        }

        return starts;
    }

    private bool IsPositive(int output, int input)
    {
        long bit = (long)output * _layer.FanIn + input;
        return (_layer.Linear.Weights.Span[(int)(bit / 8)] >> (int)(bit % 8) & 1) != 0;
    }
}
