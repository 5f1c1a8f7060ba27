using System.Numerics;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// <see cref="AddEmbedding"/>: adds a number to each channel. Its first input is the value that holds the index, so that the other one is
/// read once.
/// </summary>
/// <param name="embedding">The operation.</param>
/// <param name="channels">Channels of the value added to.</param>
internal sealed class AddEmbeddingKernel(AddEmbedding embedding, int channels) : IntegerKernel
{
    public override int ScratchElements => 1; // The index.

    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        if (input == 0)
        {
            scratch[0] = x[embedding.Element];
            return;
        }

        ReadOnlySpan<int> row = embedding.Row(scratch[0], channels);
        int area = y.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<int> channel = x.Slice(c * area, area);
            Span<int> sums = y.Slice(c * area, area);
            ref int from = ref MemoryMarshal.GetReference(channel),
                to = ref MemoryMarshal.GetReference(sums);
            var number = new Vector<int>(row[c]);
            int e = 0;
            for (; e <= area - Vector<int>.Count; e += Vector<int>.Count)
            {
                (Vector.LoadUnsafe(ref from, (nuint)e) + number).StoreUnsafe(ref to, (nuint)e);
            }

            for (; e < area; e++)
            {
                sums[e] = channel[e] + row[c];
            }
        }
    }
}
