using BenchmarkDotNet.Attributes;

namespace Onebit.Benchmarks;

/// <summary>The primitive: some planes of bits of 512 images, summed.</summary>
public class SumBenchmarks : WidthBenchmark
{
    [Params(49, 128, 512)]
    public int Planes { get; set; }

    private protected override Action PlainRun()
    {
        byte[] bits = Work.Bytes(Planes * Work.Images / 8).ToArray();
        var sums = new int[Work.Images];
        return () =>
        {
            Array.Clear(sums);
            for (int i = 0; i < bits.Length; i++)
            {
                for (int bit = 0; bit < 8; bit++)
                {
                    sums[i % (Work.Images / 8) * 8 + bit] += (bits[i] >> bit) & 1;
                }
            }
        };
    }

    private protected override Action Run<TOps, TVector>()
    {
        const int Stride = Work.Images / 8;
        Memory<byte> planes = Work.Bytes(Planes * Stride),
            accumulator = Work.Bytes(BitLanes<TOps, TVector>.AccumulatorBytes(Planes));
        int[] offsets = [.. Enumerable.Range(0, Planes).Select(i => i * Stride)];
        return () =>
        {
            for (int first = 0; first < Stride; first += BitLanes<TOps, TVector>.PlaneBytes)
            {
                BitLanes<TOps, TVector>.Sum(ref planes.Span[first], offsets, ref accumulator.Span[0]);
            }
        };
    }
}
