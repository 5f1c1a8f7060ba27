using BenchmarkDotNet.Attributes;

namespace Onebit.Benchmarks;

/// <summary>
/// A layer at one position of 512 images, compared with its thresholds: dense ones on bits, and the 5 x 5 kernels of a
/// convolution on bytes. The plain code takes the sums alone.
/// </summary>
public class LayerBenchmarks : WidthBenchmark
{
    private Linear _linear = null!;
    private ValueInfo _input;

    [Params("784x128 bits", "1024x1024 bits", "5x5x20 bytes")]
    public string Layer { get; set; } = "";

    private protected override Action PlainRun()
    {
        Prepare();
        var linear = new PatchConvolution(_linear, _input, new ValueInfo(_linear.Outputs, 1, 1, ElementKind.Integers, 32, 0, 0));
        var random = new Random(3);
        int[] input = [.. Enumerable.Range(0, Work.Images * _input.Count).Select(_ => random.Next(1 << _input.Bits))],
            sums = new int[_linear.Outputs];
        var scratch = new int[linear.ScratchElements];
        return () =>
        {
            for (int i = 0; i < input.Length; i += _input.Count)
            {
                linear.Run(0, input.AsSpan(i, _input.Count), sums, scratch);
            }
        };
    }

    private protected override Action Run<TOps, TVector>()
    {
        Prepare();
        return _input.Bits == 1 ? Run<BitLanes<TOps, TVector>>() : Run<IntegerLanes<TOps, TVector, short>>();
    }

    private Action Run<TLanes>()
        where TLanes : struct, ILanes
    {
        int planeBytes = Work.Images / TLanes.Lanes * TLanes.PlaneBytes;
        var threshold = new Threshold(1, new int[_linear.Outputs], new bool[_linear.Outputs]);
        ValueInfo signs = new(_linear.Outputs, 1, 1, ElementKind.Signs, 1, -1, 1);
        var sums = new PlaneSums(
            new FusedLinear(_linear, null, threshold, 1, [_input, signs]),
            (channel, y, x) => ((channel * _input.Height + y) * _input.Width + x) * planeBytes
        );
        Memory<byte> planes = Work.Bytes(_input.Count * planeBytes),
            scratch = Work.Bytes(sums.ScratchBytes<TLanes>()),
            bits = Work.Bytes(_linear.Outputs * Work.Images / 8);
        return () =>
        {
            for (int pass = 0; pass < Work.Images / TLanes.Lanes; pass++)
            {
                sums.Compare<TLanes>(
                    ref planes.Span[pass * TLanes.PlaneBytes],
                    0,
                    ref scratch.Span[0],
                    ref bits.Span[pass * TLanes.Lanes / 8],
                    Work.Images / 8,
                    accumulate: false
                );
            }
        };
    }

    private void Prepare()
    {
        int[] sizes = [.. Layer.Split(' ')[0].Split('x').Select(int.Parse)];
        bool bytes = sizes.Length == 3;
        _input = bytes
            ? new ValueInfo(1, sizes[0], sizes[1], ElementKind.Codes, 8, 0, 255)
            : new ValueInfo(sizes[0], 1, 1, ElementKind.Codes, 1, 0, 1);
        _linear = Work.Dense(0, sizes[^1], _input.Channels, _input.Height, _input.Width);
    }
}
