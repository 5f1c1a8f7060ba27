namespace Onebit.Tests;

/// <summary>
/// What a model means, written from the doc comments of its operations alone: loops over integers, no planes, no
/// counting of bits. Slow and obvious; everything faster must agree with it.
/// </summary>
internal static class NaiveModel
{
    public static (long[][] Values, long[] Scores, int Class) Run(BitModel model, byte[] pixels)
    {
        var values = new List<Tensor>();
        ModelInput input = model.Input;
        values.Add(new Tensor(input.Channels, input.Height, input.Width, isSigns: false));
        for (int i = 0; i < pixels.Length; i++)
        {
            values[0].Elements[i] =
                input.Bits == 8 ? pixels[i]
                : pixels[i] >= input.PixelThreshold ? 1
                : 0;
        }

        foreach (Operation operation in model.Operations)
        {
            Tensor x = values[operation.Input];
            values.Add(
                operation switch
                {
                    Linear linear => Convolve(linear, x),
                    Threshold threshold => Map(x, true, (c, v) => v >= threshold.Thresholds.Span[c] != threshold.Flipped.Span[c] ? 1 : -1),
                    Requantize requantize => Map(
                        x,
                        false,
                        (c, v) => Requantized(checked(requantize.Multipliers.Span[c] * v + requantize.Offsets.Span[c]), requantize)
                    ),
                    MaxPool pool => Pool(x, pool.Size, pool.Stride, x.IsSigns, window => window.Max()),
                    SumPool pool => Pool(x, pool.Size, pool.Stride, false, window => window.Sum()),
                    Add add => Sum(x, values[add.Other]),
                    WeightedSum weighted => Weighted(weighted, [.. weighted.Inputs.ToArray().Select(i => values[i])]),
                    Quantize quantize => Map(x, false, (c, v) => Quantized(quantize, c, v)),
                    BitPlane plane => Map(x, true, (_, v) => (v >> plane.Bit) % 2 == 1 ? 1 : -1),
                    PiecewiseLinear slopes => Map(x, false, (c, v) => Sloped(slopes, c, v)),
                    Scores scores => Map(x, false, (c, v) => checked(scores.Multipliers.Span[c] * v + scores.Offsets.Span[c])),
                    _ => throw new NotSupportedException(operation.ToString()),
                }
            );
        }

        long[] result = values[^1].Elements;
        return ([.. values.SkipLast(1).Select(value => value.Elements)], result, Array.IndexOf(result, result.Max()));
    }

    private static Tensor Convolve(Linear linear, Tensor x)
    {
        int inputs = x.Channels / linear.Groups,
            outputs = linear.Outputs / linear.Groups;
        var sums = new Tensor(
            linear.Outputs,
            (x.Height + 2 * linear.Padding - linear.KernelHeight) / linear.Stride + 1,
            (x.Width + 2 * linear.Padding - linear.KernelWidth) / linear.Stride + 1,
            isSigns: false
        );
        for (int o = 0; o < linear.Outputs; o++)
        {
            for (int y = 0; y < sums.Height; y++)
            {
                for (int z = 0; z < sums.Width; z++)
                {
                    int bit = o * inputs * linear.KernelHeight * linear.KernelWidth;
                    for (int c = 0; c < inputs; c++)
                    {
                        for (int i = 0; i < linear.KernelHeight; i++)
                        {
                            for (int j = 0; j < linear.KernelWidth; j++, bit++)
                            {
                                int weight = (linear.Weights.Span[bit / 8] >> bit % 8) % 2 == 1 ? 1 : -1;
                                int row = y * linear.Stride + i - linear.Padding,
                                    column = z * linear.Stride + j - linear.Padding;
                                bool inside = row >= 0 && row < x.Height && column >= 0 && column < x.Width;
                                long element =
                                    inside ? x[o / outputs * inputs + c, row, column]
                                    : x.IsSigns ? -1
                                    : 0;
                                sums[o, y, z] += weight * element;
                            }
                        }
                    }
                }
            }
        }

        return sums;
    }

    private static long Requantized(long affine, Requantize requantize)
    {
        long shifted = affine >> requantize.Shift;
        return requantize.OutputBits == 8 ? Math.Max(0, Math.Min(255, shifted)) : Math.Max(-32768, Math.Min(32767, shifted));
    }

    private static long Quantized(Quantize quantize, int channel, long element)
    {
        int levels = (1 << quantize.Bits) - 1;
        int reached = quantize.Thresholds.ToArray().Skip(channel * levels).Take(levels).Count(t => element >= t);
        return quantize.Flipped.Span[channel] ? levels - reached : reached;
    }

    private static long Sloped(PiecewiseLinear slopes, int channel, long element)
    {
        (ReadOnlyMemory<int> multipliers, ReadOnlyMemory<long> offsets) =
            element >= slopes.Breaks.Span[channel]
                ? (slopes.HighMultipliers, slopes.HighOffsets)
                : (slopes.LowMultipliers, slopes.LowOffsets);
        long shifted = checked(multipliers.Span[channel] * element + offsets.Span[channel]) >> slopes.Shift;
        return Math.Max(-32768, Math.Min(32767, shifted));
    }

    private static Tensor Weighted(WeightedSum weighted, Tensor[] terms)
    {
        int channels = weighted.Multipliers.Length / terms.Length;
        var sum = new Tensor(channels, terms[0].Height, terms[0].Width, isSigns: false);
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < sum.Height; y++)
            {
                for (int z = 0; z < sum.Width; z++)
                {
                    for (int t = 0; t < terms.Length; t++)
                    {
                        sum[c, y, z] += weighted.Multipliers.Span[t * channels + c] * terms[t][c / (channels / terms[t].Channels), y, z];
                    }
                }
            }
        }

        return sum;
    }

    private static Tensor Map(Tensor x, bool isSigns, Func<int, long, long> function)
    {
        var y = new Tensor(x.Channels, x.Height, x.Width, isSigns);
        for (int i = 0; i < x.Elements.Length; i++)
        {
            y.Elements[i] = function(i / (x.Height * x.Width), x.Elements[i]);
        }

        return y;
    }

    private static Tensor Pool(Tensor x, int size, int stride, bool isSigns, Func<List<long>, long> function)
    {
        var pooled = new Tensor(x.Channels, (x.Height - size) / stride + 1, (x.Width - size) / stride + 1, isSigns);
        for (int c = 0; c < pooled.Channels; c++)
        {
            for (int y = 0; y < pooled.Height; y++)
            {
                for (int z = 0; z < pooled.Width; z++)
                {
                    var window = new List<long>();
                    for (int i = 0; i < size * size; i++)
                    {
                        window.Add(x[c, y * stride + i / size, z * stride + i % size]);
                    }

                    pooled[c, y, z] = function(window);
                }
            }
        }

        return pooled;
    }

    private static Tensor Sum(Tensor one, Tensor two)
    {
        var sum = new Tensor(one.Channels, one.Height, one.Width, isSigns: false);
        for (int i = 0; i < sum.Elements.Length; i++)
        {
            sum.Elements[i] = one.Elements[i] + two.Elements[i];
        }

        return sum;
    }

    private sealed class Tensor(int channels, int height, int width, bool isSigns)
    {
        public int Channels => channels;

        public int Height => height;

        public int Width => width;

        public bool IsSigns => isSigns;

        public long[] Elements { get; } = new long[channels * height * width];

        public ref long this[int channel, int row, int column] => ref Elements[(channel * height + row) * width + column];
    }
}
