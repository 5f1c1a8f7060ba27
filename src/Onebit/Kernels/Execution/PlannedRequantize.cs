using System.Runtime.InteropServices;

namespace Onebit;

/// <summary><see cref="Requantize"/> of integers to codes of 8 bits.</summary>
/// <param name="requantization">The operation.</param>
/// <param name="source">The value that it reads.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class PlannedRequantize(Requantization requantization, StoredValue source, StoredValue result) : PlannedOperation
{
    public override int TemporaryBytes => 0;

    public override void Run(ref byte memory, ref byte temporary)
    {
        ReadOnlySpan<int> x = source.Integers(ref memory);
        Span<byte> codes = result.Codes(ref memory);
        int area = source.Info.Area;
        if (area == 1)
        {
            requantization.Channels(x, codes);
            return;
        }

        requantization.Codes(ref MemoryMarshal.GetReference(x), area, ref MemoryMarshal.GetReference(codes), area, area);
    }
}
