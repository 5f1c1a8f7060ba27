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
        int area = source.Info.Area;
        ThresholdCompare.Write(threshold, source.Integers(ref memory), area, area, ref result.Words(ref memory)[0]);
    }
}
