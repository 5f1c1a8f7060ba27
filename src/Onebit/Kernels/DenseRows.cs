using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Onebit;

/// <summary>Output by output, a popcount for each word of its weights: for few outputs.</summary>
internal sealed class DenseRows(Stage stage) : DenseKernel(stage)
{
    public override int ScratchBytes => 0;

    protected override void Compare(ReadOnlySpan<ulong> planes, ref ulong bits, ref byte scratch)
    {
        int total = Total(planes);
        ulong word = 0;
        for (int o = 0; o < Outputs; o++)
        {
            if (2 * Positive(o, planes) - total >= Thresholds[o])
            {
                word |= 1UL << (o & 63);
            }

            if ((o & 63) == 63 || o == Outputs - 1)
            {
                Unsafe.Add(ref bits, o >> 6) = word;
                word = 0;
            }
        }
    }

    public override void Integers(ReadOnlySpan<ulong> planes, Span<int> sums, ref byte scratch)
    {
        int total = Total(planes);
        for (int o = 0; o < Outputs; o++)
        {
            sums[o] = Sum(o, Positive(o, planes), total);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Positive(int output, ReadOnlySpan<ulong> planes)
    {
        int words = Words, stride = BitString.Words(Inputs), positive = 0;
        ref ulong row = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Rows), output * words);
        ref ulong plane = ref MemoryMarshal.GetReference(planes);
        for (int p = 0; p < Planes; p++, plane = ref Unsafe.Add(ref plane, stride))
        {
            int w = 0, count = 0;
            if (AdvSimd.Arm64.IsSupported)
            {
                // ARM64 counts the bits of bytes in vectors; a popcount of a word would go there and back.
                for (; w + 2 <= words; w += 2)
                {
                    Vector128<ulong> both = Vector128.LoadUnsafe(ref row, (nuint)w) & Vector128.LoadUnsafe(ref plane, (nuint)w);
                    count += AdvSimd.Arm64.AddAcross(AdvSimd.PopCount(both.AsByte())).ToScalar();
                }
            }

            for (; w < words; w++)
            {
                count += BitOperations.PopCount(Unsafe.Add(ref row, w) & Unsafe.Add(ref plane, w));
            }

            positive += count << p;
        }

        return positive;
    }
}
