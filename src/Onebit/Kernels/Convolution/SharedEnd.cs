namespace Onebit;

/// <summary>
/// How a <see cref="SharedSumConvolution{TOps, TVector}"/> ends an output: a code,
/// <c>clamp((multiplier * sum + offset) >> shift, 0, 255)</c>. A threshold has codes that are above 0 where the sign is +1.
/// </summary>
internal static class SharedEnd
{
    private const int MaxThreshold = 1 << 30; // No sum is further from 0.

    /// <summary>Multipliers and offsets, one per output, and the shift; null: it ends otherwise, or needs more than 32 bits.</summary>
    public static (int[] Multipliers, int[] Offsets, int Shift)? Of(FusedLinear layer)
    {
        if (layer.Epilogue is not Threshold threshold)
        {
            return Requantization.Of(layer) is { GivesBytes: true, IsNarrow: true } codes
                ? (codes.Multipliers.ToArray(), codes.NarrowOffsets.ToArray(), codes.Shift)
                : null;
        }

        int count = threshold.Flipped.Length;
        int[] multipliers = new int[count],
            offsets = new int[count];
        for (int output = 0; output < count; output++)
        {
            int least = Math.Clamp(threshold.Thresholds.Span[output], -MaxThreshold, MaxThreshold);
            (multipliers[output], offsets[output]) = threshold.Flipped.Span[output] ? (-1, least) : (1, 1 - least);
        }

        return (multipliers, offsets, 0);
    }
}
