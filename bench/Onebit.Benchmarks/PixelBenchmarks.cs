using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;

namespace Onebit.Benchmarks;

/// <summary>512 images of 28 x 28 pixels, transposed to planes. One code for all widths.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
public class PixelBenchmarks
{
    private const int Pixels = 784;
    private const byte Threshold = 128;
    private readonly Memory<byte> _images = Work.Bytes(Pixels * Work.Images);
    private readonly Memory<byte> _planes = Work.Bytes(Pixels * Work.Images);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Bits")]
    public void PlainBits()
    {
        Span<byte> planes = _planes.Span;
        planes[..(Pixels * Work.Images / 8)].Clear();
        ReadOnlySpan<byte> images = _images.Span;
        for (int i = 0; i < images.Length; i++)
        {
            (int image, int pixel) = Math.DivRem(i, Pixels);
            planes[pixel * (Work.Images / 8) + image / 8] |= (byte)((images[i] >= Threshold ? 1 : 0) << (image & 7));
        }
    }

    [Benchmark]
    [BenchmarkCategory("Bits")]
    public void Bits() => PixelPlanes.Bits(_images.Span, Pixels, Threshold, ref _planes.Span[0], Work.Images / 8);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("Bytes")]
    public void PlainBytes()
    {
        Span<byte> planes = _planes.Span;
        ReadOnlySpan<byte> images = _images.Span;
        for (int i = 0; i < images.Length; i++)
        {
            (int image, int pixel) = Math.DivRem(i, Pixels);
            planes[pixel * Work.Images + image] = images[i];
        }
    }

    [Benchmark]
    [BenchmarkCategory("Bytes")]
    public void Bytes() => PixelPlanes.Bytes(_images.Span, Pixels, ref _planes.Span[0], Work.Images);
}
