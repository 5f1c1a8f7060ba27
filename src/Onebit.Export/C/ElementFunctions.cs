using System.Numerics;

namespace Onebit.Export;

/// <summary>
/// Operations that turn an element of a channel into another one, as an expression or a function of their own. They end fused layers, and
/// stand alone too.
/// </summary>
internal static class ElementFunctions
{
    /// <summary>Writes the function.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="operation">The operation that ends it; null: elements stay.</param>
    /// <param name="x">The range of what it reads.</param>
    /// <returns>The call, given an element and its channel. For signs it gives 0 or 1.</returns>
    public static Func<string, string, string> Write(LayerWriter layer, Operation? operation, ValueInfo x)
    {
        if (operation is null)
        {
            return (element, _) => element;
        }

        string body = operation switch
        {
            Threshold t => OfThreshold(layer, t, x),
            Quantize q => OfQuantize(layer, q, x),
            Requantize r => OfRequantize(layer, r),
            PiecewiseLinear p => OfPiecewiseLinear(layer, p, x),
            Scores s => $"return {Affine(layer, s, "", s.Multipliers.Span, s.Offsets.Span)};",
            _ => throw new NotSupportedException($"{operation.GetType().Name} does not end a layer."),
        };
        string type = operation is Scores ? layer.Output.Type.Name : CType.Int32.Name,
            unused = body.Contains("[c", StringComparison.Ordinal) || body.Contains(" c)", StringComparison.Ordinal) ? "" : "(void)c;";
        layer
            .Unit.Text.Add(
                $$"""
                /* {{Comment(operation)}} */
                static {{type}} {{layer.Name}}_end(int32_t x, uint32_t c) {
                {{unused}}
                {{body}}
                }
                """
            )
            .Space();
        return (element, channel) => $"{layer.Name}_end({element}, {channel})";
    }

    private static string Comment(Operation operation) =>
        operation switch
        {
            Threshold => "Threshold: the sign of an element of channel c, 1 for +1 and 0 for -1.",
            Quantize q => $"Quantize: how many of the {(1 << q.Bits) - 1} thresholds of channel c an element reaches.",
            Requantize => "Requantize: multiply, add, shift and clamp an element of channel c.",
            PiecewiseLinear => "PiecewiseLinear: one line below the break of channel c, another one from it on.",
            _ => "Scores: multiply and add.",
        };

    private static string OfThreshold(LayerWriter layer, Threshold t, ValueInfo x)
    {
        string threshold = layer.PerChannel("thresholds", t.Thresholds.ToArray().Select(v => Reachable(v, x)), "c");
        string reached = $"x >= {threshold}";
        return Polarity(layer, t.Flipped.Span, "c") switch
        {
            "0" => $"return {reached};",
            "1" => $"return x < {threshold};",
            string flipped => $"return ({reached}) != ({flipped} != 0);",
        };
    }

    private static string OfQuantize(LayerWriter layer, Quantize q, ValueInfo x)
    {
        int levels = (1 << q.Bits) - 1;
        string table = layer.Constants("thresholds", q.Thresholds.ToArray().Select(v => Reachable(v, x)));
        string result = Polarity(layer, q.Flipped.Span, "c") switch
        {
            "0" => "return reached;",
            "1" => $"return {levels} - reached;",
            string flipped => $"return {flipped} != 0 ? {levels} - reached : reached;",
        };
        // Thresholds are in order: each comparison halves those that are left.
        return $$"""
            int32_t reached = 0;
            for (int32_t half = {{1 << (q.Bits - 1)}}; half > 0; half >>= 1) {
            if (x >= {{table}}[c * {{levels}} + (uint32_t)(reached + half - 1)]) {
            reached += half;
            }
            }
            {{result}}
            """;
    }

    private static string OfRequantize(LayerWriter layer, Requantize r)
    {
        string wide = layer.Unit.Model.AccumulatorBits(layer.IndexOf(r)) > 32 || !Fits(r.Offsets.Span) ? "int64_t" : "int32_t";
        (int lowest, int highest) = r.OutputBits == 8 ? (0, 255) : (short.MinValue, short.MaxValue);
        return $$"""
            const {{wide}} y = ({{Affine(layer, r, "", r.Multipliers.Span, r.Offsets.Span)}}) >> {{Shift(r.Shift, wide)}};
            return y < {{CUnit.Literal(lowest)}} ? {{CUnit.Literal(lowest)}} : y > {{highest}} ? {{highest}} : {{Narrow("y", wide)}};
            """;
    }

    private static string OfPiecewiseLinear(LayerWriter layer, PiecewiseLinear p, ValueInfo x)
    {
        string wide =
            layer.Unit.Model.AccumulatorBits(layer.IndexOf(p)) > 32 || !Fits(p.LowOffsets.Span) || !Fits(p.HighOffsets.Span)
                ? "int64_t"
                : "int32_t";
        string low = Affine(layer, p, "low_", p.LowMultipliers.Span, p.LowOffsets.Span),
            high = Affine(layer, p, "high_", p.HighMultipliers.Span, p.HighOffsets.Span),
            start = layer.PerChannel("breaks", p.Breaks.ToArray().Select(v => Reachable(v, x)), "c");
        return $$"""
            const {{wide}} y = (x >= {{start}} ? {{high}} : {{low}}) >> {{Shift(p.Shift, wide)}};
            return y < -32767 - 1 ? -32767 - 1 : y > 32767 ? 32767 : {{Narrow("y", wide)}};
            """;
    }

    /// <summary>multiplier * x + offset, in 32 bits where the ranges prove that it fits, else in 64.</summary>
    private static string Affine(
        LayerWriter layer,
        Operation operation,
        string part,
        ReadOnlySpan<int> multipliers,
        ReadOnlySpan<long> offsets
    )
    {
        bool narrow = layer.Unit.Model.AccumulatorBits(layer.IndexOf(operation)) <= 32 && Fits(offsets);
        string type = narrow ? "int32_t" : "int64_t";
        (long[] m, int mBits) = WithoutZeroBits([.. multipliers.ToArray().Select(v => (long)v)]);
        (long[] b, int bBits) = WithoutZeroBits(offsets.ToArray());
        string multiplier = layer.PerChannel($"{part}multipliers", m, "c"),
            offset = layer.PerChannel($"{part}offsets", b, "c");
        // Multipliers of few bits that differ from channel to channel: a processor without a multiplication adds and shifts.
        bool isSmall = narrow && multiplier[^1] == ']' && m.All(v => v is >= 0 and <= byte.MaxValue);
        string product =
            multiplier == "1" ? $"({type})x"
            : isSmall ? $"{layer.Unit.Helper("times")}(x, {multiplier})"
            : $"({type}){multiplier} * x";
        product = mBits > 0 ? $"{product} * {CUnit.Literal(1L << mBits)}" : product;
        return offset == "0" ? product
            : offset[0] == '-' ? $"{product} - {offset[1..]}"
            : bBits > 0 ? $"{product} + ({type}){offset} * {CUnit.Literal(1L << bBits)}"
            : $"{product} + {offset}";
    }

    /// <summary>The numbers without the lowest bits that are 0 in all of them, where that makes the table smaller.</summary>
    private static (long[] Numbers, int Bits) WithoutZeroBits(long[] numbers)
    {
        int bits = BitOperations.TrailingZeroCount(numbers.Aggregate(0L, (all, n) => all | n));
        long[] shorter = [.. numbers.Select(n => bits is > 0 and < 31 ? n >> bits : n)];
        return
            bits is > 0 and < 31
            && numbers.Distinct().Count() > 1
            && CType.Of(shorter.Min(), shorter.Max()).Bytes < CType.Of(numbers.Min(), numbers.Max()).Bytes
            ? (shorter, bits)
            : (numbers, 0);
    }

    private static string Polarity(LayerWriter layer, ReadOnlySpan<bool> flipped, string channel)
    {
        if (flipped.IndexOf(true) < 0 || flipped.IndexOf(false) < 0)
        {
            return flipped[0] ? "1" : "0";
        }

        long[] words = new long[CType.Words(flipped.Length)];
        for (int c = 0; c < flipped.Length; c++)
        {
            words[c / 32] |= flipped[c] ? 1L << (c % 32) : 0;
        }

        string array = layer.Unit.Array($"{layer.Name}_flipped", CType.Bits, words, hexadecimal: true);
        return $"({array}[{channel} >> 5] >> ({channel} & 31) & 1)";
    }

    /// <summary>A threshold as near to the range as it may be without another result, so that tables have small types.</summary>
    private static long Reachable(int threshold, ValueInfo x) => Math.Clamp(threshold, x.Minimum, x.Maximum + 1L);

    private static bool Fits(ReadOnlySpan<long> offsets)
    {
        foreach (long offset in offsets)
        {
            if (offset is < int.MinValue or > int.MaxValue)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A shift that C defines. One by all bits but the sign gives 0 or -1, and so does a longer one.</summary>
    public static int Shift(int shift, string type) => type == "int32_t" ? Math.Min(shift, 31) : shift;

    private static string Narrow(string y, string type) => type == "int64_t" ? $"(int32_t){y}" : y;
}
