using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>One output after another, by a popcount for each word of its weights. For a handful of outputs.</summary>
internal sealed class DenseRows(FusedLinear layer) : DenseKernel(layer)
{
    protected override int OwnScratchBytes => 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    protected override int Positives(ReadOnlySpan<ulong> planes, Span<int> positives, ref byte scratch)
    {
        int words = Words,
            total = 0;
        positives[..Outputs].Clear();
        for (int p = 0; p < Planes; p++)
        {
            ref ulong row = ref MemoryMarshal.GetArrayDataReference(Rows);
            ref ulong plane = ref Unsafe.Add(ref MemoryMarshal.GetReference(planes), p * BitString.Words(Inputs));
            total += BitString.Count(MemoryMarshal.CreateReadOnlySpan(ref plane, words)) << p;
            for (int o = 0; o < Outputs; o++, row = ref Unsafe.Add(ref row, words))
            {
                int count = 0;
                for (nint w = 0; w < words; w++)
                {
                    count += BitOperations.PopCount(Unsafe.Add(ref row, w) & Unsafe.Add(ref plane, w));
                }

                positives[o] += count << p;
            }
        }

        return total;
    }
}
