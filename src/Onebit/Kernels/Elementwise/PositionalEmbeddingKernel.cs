using System.Numerics;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary><see cref="PositionalEmbedding"/>: adds a number to each element. The numbers are written out at load.</summary>
internal sealed class PositionalEmbeddingKernel : IntegerKernel
{
    private readonly int[] _numbers;

    /// <param name="embedding">The operation.</param>
    /// <param name="area">Positions of a channel.</param>
    public PositionalEmbeddingKernel(PositionalEmbedding embedding, int area)
    {
        _numbers = new int[embedding.Multipliers.Length * area];
        ReadOnlySpan<byte> signs = embedding.Signs.Span;
        for (int i = 0; i < _numbers.Length; i++)
        {
            int multiplier = embedding.Multipliers.Span[i / area];
            _numbers[i] = (signs[i / 8] >> (i % 8) & 1) == 1 ? multiplier : -multiplier;
        }
    }

    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        int e = 0;
        ref int from = ref MemoryMarshal.GetReference(x),
            numbers = ref MemoryMarshal.GetArrayDataReference(_numbers),
            to = ref MemoryMarshal.GetReference(y);
        for (; e <= y.Length - Vector<int>.Count; e += Vector<int>.Count)
        {
            (Vector.LoadUnsafe(ref from, (nuint)e) + Vector.LoadUnsafe(ref numbers, (nuint)e)).StoreUnsafe(ref to, (nuint)e);
        }

        for (; e < y.Length; e++)
        {
            y[e] = x[e] + _numbers[e];
        }
    }
}
