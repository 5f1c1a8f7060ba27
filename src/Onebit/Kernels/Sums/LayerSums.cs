namespace Onebit;

/// <summary>What the sums of a layer mean for the kernels, which add only the inputs whose weight is +1.</summary>
internal static class LayerSums
{
    /// <summary>
    /// For each output the smallest integer t with <c>w . x >= threshold</c> exactly where <c>2 positive - total >= t</c>. There are none
    /// where the layer does not end in a <see cref="Threshold"/>. Signs are stored as bits b:
    /// <c>w . x = sum of w (2b - 1) = 2 (2 positive - total) - (sum of w)</c>.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="weightSums">The sum of the weights of each output.</param>
    public static int[] Thresholds(FusedLinear layer, int[] weightSums) =>
        layer.Epilogue is not Threshold threshold ? []
        : layer.Source.Kind != ElementKind.Signs ? threshold.Thresholds.ToArray()
        : [.. weightSums.Select((sum, output) => (int)(((long)threshold.Thresholds.Span[output] + sum + 1) >> 1))];

    /// <summary>Whether the sum of the codes at any output fits into 16 bits with a sign.</summary>
    public static bool Fit16Bits(FusedLinear layer) => (long)layer.FanIn * layer.Source.Maximum <= short.MaxValue;
}
