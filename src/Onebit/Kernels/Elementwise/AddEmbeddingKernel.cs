using System.Numerics;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary><see cref="AddEmbedding"/>: adds a number to each channel.</summary>
/// <param name="embedding">The operation.</param>
/// <param name="channels">Channels of the value added to.</param>
internal sealed class AddEmbeddingKernel(AddEmbedding embedding, int channels) : IntegerKernel
{
    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        if (input == 0)
        {
            x.CopyTo(y);
            return;
        }

        ReadOnlySpan<int> row = embedding.Row(x[embedding.Element], channels);
        int area = y.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            Span<int> channel = y.Slice(c * area, area);
            ref int to = ref MemoryMarshal.GetReference(channel);
            var number = new Vector<int>(row[c]);
            int e = 0;
            for (; e <= area - Vector<int>.Count; e += Vector<int>.Count)
            {
                (Vector.LoadUnsafe(ref to, (nuint)e) + number).StoreUnsafe(ref to, (nuint)e);
            }

            for (; e < area; e++)
            {
                channel[e] += row[c];
            }
        }
    }
}
