using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Evaluation mode of a binarized network: the packed model's operations run on torch, whole batches at a time, in
/// float tensors that hold integers, float64 where a combination may leave 2^24. It shares no arithmetic with the runtime, which must
/// give the same numbers.
/// </summary>
public sealed class TorchBitModel : IDisposable
{
    private readonly BitModel _model;
    private readonly Dictionary<Linear, Tensor> _weights = [];

    /// <summary>Unpacks the weights to float tensors of -1 and +1.</summary>
    public TorchBitModel(BitModel model)
    {
        _model = model;
        foreach (Operation operation in model.Operations)
        {
            // Two layers that read the same value with the same array of weights are one and the same.
            if (operation is not Linear linear || _weights.ContainsKey(linear))
            {
                continue;
            }

            ReadOnlySpan<byte> plane = linear.Weights.Span;
            long channels = model.Values[linear.Input].Channels / linear.Groups;
            float[] levels = new float[linear.Outputs * channels * linear.KernelHeight * linear.KernelWidth];
            for (int w = 0; w < levels.Length; w++)
            {
                levels[w] = (plane[w / 8] >> (w % 8) & 1) == 1 ? 1 : -1;
            }

            _weights[linear] = tensor(levels, [linear.Outputs, channels, linear.KernelHeight, linear.KernelWidth]).DetachFromDisposeScope();
        }
    }

    /// <summary>Every value of the model, the scores last.</summary>
    /// <param name="pixels">Bytes, batch x channels x height x width; for a diffusion model value 0, batch x elements.</param>
    /// <returns>
    /// float32 tensors batch x channels x height x width, float64 of combinations and what is added to them; scores int64, batch x classes.
    /// </returns>
    public IReadOnlyList<Tensor> Trace(Tensor pixels)
    {
        using var _ = no_grad();
        ModelInput input = _model.Input;
        var values = new List<Tensor>
        {
            input.PixelThreshold > 0 ? pixels.ge(input.PixelThreshold).to(ScalarType.Float32) : pixels.to(ScalarType.Float32),
        };
        foreach (Operation operation in _model.Operations)
        {
            values.Add(Run(operation, values));
        }

        return values;
    }

    /// <summary>Scores, int64, batch x classes.</summary>
    /// <param name="pixels">Bytes, batch x channels x height x width.</param>
    public Tensor Scores(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return Trace(pixels)[^1].MoveToOuterDisposeScope();
    }

    /// <summary>What the model reads.</summary>
    internal ModelInput Input => _model.Input;

    /// <summary>A diffusion model's clean image, pixels from -1 to 1, not clipped: batch x channels x height x width.</summary>
    /// <param name="noisy">Noisy images, of the same shape and scale.</param>
    /// <param name="levels">The noise level of each, from 1, int64.</param>
    /// <param name="classes">The class of each, int64.</param>
    internal Tensor Denoise(Tensor noisy, Tensor levels, Tensor classes)
    {
        const int One = 1 << Generator.FractionBits;
        Tensor codes = (noisy * One + 0.5).floor_().clamp_(short.MinValue, short.MaxValue).flatten(1);
        return DenoiseCodes(codes, levels, classes) / One;
    }

    /// <summary>The same of numbers that count in 2^-12. Noisy images are batch x elements.</summary>
    internal Tensor DenoiseCodes(Tensor noisy, Tensor levels, Tensor classes) =>
        Trace(cat([noisy.to(ScalarType.Float32), (levels - 1).view(-1, 1), classes.view(-1, 1)], 1))[^1];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor weights in _weights.Values)
        {
            weights.Dispose();
        }
    }

    private Tensor Run(Operation operation, List<Tensor> values)
    {
        Tensor x = values[operation.Inputs.Span[0]];
        switch (operation)
        {
            case Linear linear:
                int padding = linear.Padding;
                double outside = _model.Values[linear.Input].Kind == ElementKind.Signs ? -1 : 0;
                if (padding > 0)
                {
                    x = nn.functional.pad(x, [padding, padding, padding, padding], PaddingModes.Constant, outside);
                }

                return nn.functional.conv2d(x, _weights[linear], strides: [linear.Stride, linear.Stride], groups: linear.Groups);
            case MaxPool pool:
                return nn.functional.max_pool2d(x, pool.Size, pool.Stride);
            case SumPool pool:
                return nn.functional.avg_pool2d(x, pool.Size, pool.Stride, divisor_override: 1);
            case Add add:
                return x + values[add.Other];
            case Concat concat:
                return cat([.. concat.Inputs.ToArray().Select(v => values[v])], 1);
            case Upsample:
                return x.repeat_interleave(2, dim: 2).repeat_interleave(2, dim: 3);
            case Slice slice:
                return x.reshape(x.shape[0], -1)
                    .narrow(1, slice.Start, slice.Shape.Count)
                    .reshape(x.shape[0], slice.Shape.Channels, slice.Shape.Height, slice.Shape.Width);
            case AddEmbedding conditional:
                Tensor rows = tensor(conditional.Table.ToArray().Select(n => (float)n).ToArray()).view(-1, x.shape[1]);
                Tensor chosen = values[conditional.Index].reshape(x.shape[0], -1).select(1, conditional.Element);
                return x + rows.index_select(0, chosen.to(ScalarType.Int64).clamp(0, rows.shape[0] - 1)).view(x.shape[0], -1, 1, 1);
            case PositionalEmbedding embedding:
                ReadOnlyMemory<byte> bits = embedding.Signs;
                Tensor signs = tensor([.. Enumerable.Range(0, (int)x[0].numel()).Select(e => (bits.Span[e / 8] >> (e % 8) & 1) * 2f - 1)]);
                return x + signs.view(x[0].shape) * PerChannel(embedding.Multipliers.ToArray()).to(ScalarType.Float32);
            case AttentionScores scores:
                return ByHead(values[scores.Key] - scores.KeyZero, scores.Heads)
                    .transpose(2, 3)
                    .matmul(ByHead(x - scores.QueryZero, scores.Heads))
                    .reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
            case Softmax softmax:
                return Probabilities(softmax, x);
            case AttentionSum sum:
                return ByHead(values[sum.Values], sum.Heads).matmul(ByHead(x, sum.Heads)).reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
            case AttentionMean mean:
                Tensor weights = ByHead(x, mean.Heads).to(ScalarType.Float64);
                Tensor total = weights.sum(2, keepdim: true);
                Tensor weighted64 = ByHead(values[mean.Values], mean.Heads).to(ScalarType.Float64).matmul(weights);
                Tensor rounded = ((weighted64 * Math.ScaleB(2, mean.FractionBits) + total) / (2 * total).clamp_min(1)).floor();
                return rounded.to(ScalarType.Float32).reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
            case Threshold threshold:
                Tensor above = x.ge(PerChannel(threshold.Thresholds.ToArray()));
                return ToSigns(above.logical_xor(PerChannel(threshold.Flipped.ToArray())));
            case WeightedSum weighted:
                return Combined(weighted, values);
            case Quantize quantize:
                int most = (1 << quantize.Bits) - 1;
                Tensor reached = zeros_like(x, ScalarType.Float32);
                for (int t = 0; t < most; t++)
                {
                    reached =
                        reached
                        + x.ge(
                            PerChannel([
                                .. Enumerable.Range(0, quantize.Flipped.Length).Select(c => quantize.Thresholds.Span[c * most + t]),
                            ])
                        );
                }

                return where(PerChannel(quantize.Flipped.ToArray()), most - reached, reached);
            case BitPlane plane:
                return ToSigns(x.to(ScalarType.Int64).bitwise_and(tensor(1L << plane.Bit)).ne(0));
            case Lookup lookup:
                Tensor entries = tensor(lookup.Table.ToArray().Select(c => (float)c).ToArray());
                return entries.index_select(0, x.flatten().to(ScalarType.Int64)).reshape(x.shape);
            case PiecewiseLinear slopes:
                Tensor low = Affine(x, slopes.LowMultipliers, slopes.LowOffsets),
                    high = Affine(x, slopes.HighMultipliers, slopes.HighOffsets);
                return Shifted(where(x.ge(PerChannel(slopes.Breaks.ToArray())), high, low), slopes.Shift, short.MinValue, short.MaxValue);
            case Requantize requantize:
                (int lowest, int highest) = requantize.OutputBits == 8 ? (0, 255) : (short.MinValue, short.MaxValue);
                return Shifted(Affine(x, requantize.Multipliers, requantize.Offsets), requantize.Shift, lowest, highest);
            case Scores scores:
                return Affine(x, scores.Multipliers, scores.Offsets).flatten(1);
            default:
                throw new NotSupportedException($"{operation.GetType().Name} has no torch form.");
        }
    }

    private static Tensor Combined(WeightedSum weighted, List<Tensor> values)
    {
        int channels = weighted.Multipliers.Length / weighted.Inputs.Length;
        return weighted
            .Inputs.ToArray()
            .Select(
                (value, t) =>
                {
                    Tensor x = values[value];
                    Tensor shared = x.repeat_interleave(channels / x.shape[1], dim: 1);
                    return shared.to(ScalarType.Float64) * PerChannel(weighted.Multipliers.Span.Slice(t * channels, channels).ToArray());
                }
            )
            .Aggregate((a, b) => a + b);
    }

    /// <summary>Batch x heads x channels of a head x positions.</summary>
    private static Tensor ByHead(Tensor x, int heads) => x.reshape(x.shape[0], heads, x.shape[1] / heads, -1);

    private static Tensor Probabilities(Softmax softmax, Tensor x)
    {
        Tensor PerHead(ReadOnlyMemory<int> numbers) => tensor(numbers.ToArray().Select(n => (long)n).ToArray(), [softmax.Heads, 1, 1]);
        Tensor scores = ByHead(x, softmax.Heads).to(ScalarType.Int64);
        Tensor steps = (scores.amax([2], keepdim: true) - scores) * PerHead(softmax.Multipliers);
        Tensor entries = steps.bitwise_right_shift(tensor((long)softmax.Shift)).clamp_max(softmax.Table.Length - 1);
        Tensor table = tensor(softmax.Table.ToArray().Select(e => (long)e).ToArray());
        Tensor e = table.index_select(0, entries.flatten()).view(entries.shape);
        if (softmax.Thresholds.Length > 0)
        {
            e = (e * PerHead(softmax.Thresholds)).ge(e.sum(2, keepdim: true) * (1L << softmax.ThresholdShift));
        }

        return e.to(ScalarType.Float32).reshape(x.shape);
    }

    private static Tensor ToSigns(Tensor bits) => bits.to(ScalarType.Float32).mul_(2).sub_(1);

    private static Tensor Shifted(Tensor x, int shift, int lowest, int highest) =>
        x.bitwise_right_shift(tensor((long)shift)).clamp(lowest, highest).to(ScalarType.Float32);

    private static Tensor Affine(Tensor x, ReadOnlyMemory<int> multipliers, ReadOnlyMemory<long> offsets) =>
        x.to(ScalarType.Int64) * PerChannel(multipliers.ToArray().Select(m => (long)m).ToArray()) + PerChannel(offsets.ToArray());

    private static Tensor PerChannel(long[] values) => tensor(values, [values.Length, 1, 1]);

    private static Tensor PerChannel(int[] values) => tensor(values.Select(v => (double)v).ToArray(), [values.Length, 1, 1]);

    private static Tensor PerChannel(bool[] values) => tensor(values, [values.Length, 1, 1]);
}
