namespace Onebit;

/// <summary><see cref="Threshold"/> of integers, several positions a channel.</summary>
/// <param name="threshold">The operation.</param>
/// <param name="source">The value that it reads.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class PlannedThreshold(Threshold threshold, StoredValue source, StoredValue result) : PlannedOperation
{
    public override int TemporaryBytes => 0;

    public override void Run(ref byte memory, ref byte temporary)
    {
        ReadOnlySpan<int> x = source.Integers(ref memory);
        int area = source.Info.Area;
        var writer = new BitWriter(ref result.Words(ref memory)[0]);
        ReadOnlySpan<int> thresholds = threshold.Thresholds.Span;
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        for (int c = 0; c < thresholds.Length; c++)
        {
            ThresholdCompare.Append(thresholds[c], flipped[c], x.Slice(c * area, area), ref writer);
        }

        writer.End();
    }
}
