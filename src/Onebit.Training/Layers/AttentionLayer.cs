using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Scaled dot-product attention of several heads (Vaswani et al. 2017, section 3.2). It reads queries, keys and values. A token is a
/// position, and each head has its part of the channels. Where activations have one bit, a probability is 1 or 0 times a learned scale,
/// from a learned threshold on (Liu et al. 2022, section 3.2). Queries, keys and values then come from <see cref="QuantizeLayer"/>s.
/// </summary>
/// <param name="Heads">Number of heads; it divides the channels.</param>
/// <param name="Weights">
/// What the probabilities are, to find out what each part of attention does. Default: <see cref="AttentionWeights.Softmax"/>.
/// </param>
public sealed record AttentionLayer(int Heads, AttentionWeights Weights = AttentionWeights.Softmax) : Layer
{
    internal override int InputCount => 3;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) =>
        Heads >= 1 && inputs[0].Channels % Heads == 0 && inputs[0].Channels == inputs[1].Channels && inputs[2].Channels % Heads == 0
            ? inputs[1] with { Channels = 0 } == inputs[2] with { Channels = 0 }
                ? inputs[0] with
                {
                    Channels = inputs[2].Channels,
                }
                : throw context.Wrong($"has attention with keys of {inputs[1]} and values of {inputs[2]}; both need the same positions")
            : throw context.Wrong(
                $"has attention of {Heads} heads on queries of {inputs[0]}, keys of {inputs[1]} and values of {inputs[2]}; "
                    + "heads divide the channels, and queries and keys have equally many"
            );

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        Weights == AttentionWeights.Threshold && !(context.HasIntegers && context.ActivationBits < 8)
            ? throw context.Wrong("has attention with a threshold, which needs activations of fewer than 8 bits")
            : new AttentionModule(this, context, input);

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) =>
        graph.AttentionSum(graph.Softmax(graph.AttentionScores(inputs[0], inputs[1], Heads), Heads), inputs[2], Heads);
}

/// <summary>What the weights of attention are.</summary>
public enum AttentionWeights
{
    /// <summary>The softmax of the scores over all keys.</summary>
    Softmax,

    /// <summary>With activations of one bit: the scores themselves, compared with the learned threshold. No softmax.</summary>
    Threshold,

    /// <summary>One over the number of keys, whatever the scores are: the mean of all values.</summary>
    Uniform,
}

/// <summary>Attention; see <see cref="AttentionLayer"/>.</summary>
public sealed class AttentionModule : LayerModule
{
    // The step of the table of exponentials: it ends where they round to 0.
    private const double StepsPerOne = 40;

    private const int FractionBits = 4,
        ThresholdBits = 15;

    private readonly AttentionLayer _layer;
    private readonly double _codesPerOne;

    internal AttentionModule(AttentionLayer layer, BuildContext context, Shape queries)
        : base("attention")
    {
        (_layer, _codesPerOne) = (layer, context.HasIntegers ? EightBitRelu.CodesPerOne : 1);
        Scale = 1 / Math.Sqrt(queries.Channels / (double)layer.Heads);
        if (context.HasIntegers && context.ActivationBits < 8 && layer.Weights != AttentionWeights.Uniform)
        {
            // Softmax: a threshold of twice the mean probability. Scores: of 0.
            double unit = layer.Weights == AttentionWeights.Softmax ? 4.0 / (queries.Height * queries.Width) : 1;
            bool isLearned = context.Method is not Bit { ElasticActivations: false };
            Binarizer = new ElasticActivation(context.ActivationBits, layer.Heads, isSigned: false, unit, isLearned);
            register_module("binarizer", Binarizer);
        }
    }

    /// <summary>The binarizer of the probabilities; null where they are not binarized.</summary>
    public ElasticActivation? Binarizer { get; }

    /// <summary>What scores are multiplied with: one over the root of a head's channels.</summary>
    public double Scale { get; }

    internal override long MultiplyAccumulates(IReadOnlyList<Shape> inputs, Shape output) =>
        (long)output.Height * output.Width * inputs[1].Height * inputs[1].Width * (inputs[0].Channels + inputs[2].Channels);

    /// <summary>In codes where the network binarizes.</summary>
    public override Tensor Forward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Value> values)
    {
        Tensor queries = Spatial(inputs[0]),
            result = Probabilities(inputs, values).matmul(Heads(inputs, values, 2)).transpose(1, 2);
        result = result.reshape(queries.shape[0], queries.shape[2], queries.shape[3], -1).permute(0, 3, 1, 2);
        return _codesPerOne == 1 ? result : result * _codesPerOne;
    }

    /// <summary>The weights of the values: batch x heads x queries x keys.</summary>
    internal Tensor Probabilities(IReadOnlyList<Tensor> inputs, IReadOnlyList<Value> values) =>
        Probabilities(Heads(inputs, values, 0, Scale).matmul(Heads(inputs, values, 1).contiguous().transpose(2, 3)));

    /// <summary>
    /// An input as batch x heads x positions x channels of a head, in ones times a factor. It is no copy of channels-last memory.
    /// </summary>
    private Tensor Heads(IReadOnlyList<Tensor> inputs, IReadOnlyList<Value> values, int input, double factor = 1)
    {
        Tensor x = Spatial(inputs[input]).permute(0, 2, 3, 1);
        factor *= values[input].CodesPerOne / _codesPerOne;
        return (factor == 1 ? x : x * factor).reshape(x.shape[0], -1, _layer.Heads, x.shape[3] / _layer.Heads).transpose(1, 2);
    }

    private Tensor Probabilities(Tensor scores)
    {
        if (_layer.Weights == AttentionWeights.Uniform)
        {
            return full_like(scores, 1.0 / scores.shape[3]);
        }

        Tensor p = _layer.Weights == AttentionWeights.Softmax ? scores.softmax(3) : scores;
        return Binarizer is null ? p : Binarizer.Forward(p);
    }

    internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
    {
        if (Binarizer?.Planes.Thresholds.Length > 1)
        {
            throw new PackingException("attention of a few bits has no integer form; use activations of 1 or 8 bits");
        }

        (int query, double queryFactor, int queryZero) = Operand(builder, inputs[0]);
        (int key, double keyFactor, int keyZero) = Operand(builder, inputs[1]);
        (int value, double valueFactor, int valueZero) = Operand(builder, inputs[2]);
        Value scores = builder.Append(new AttentionScores(query, key, _layer.Heads, queryZero, keyZero));
        OperationBuilder.RequireExact(builder.Largest(scores.Index));
        double perScore = queryFactor * keyFactor * Scale;
        int weights = builder.Append(Weights(scores.Index, builder.Info(scores.Index), perScore)).Index;
        if (Binarizer is null)
        {
            Value mean = builder.Append(new AttentionMean(weights, value, _layer.Heads, FractionBits));
            double factor = valueFactor * EightBitRelu.CodesPerOne;
            return builder.Describe(mean.Index, new Affine(Math.ScaleB(factor, -FractionBits), 0, -valueZero * factor));
        }

        if (valueZero != 0)
        {
            throw new PackingException("attention of one bit reads values with an offset; quantize them to signs");
        }

        Value sum = builder.Append(new AttentionSum(weights, value, _layer.Heads));
        double size = ActivationScale(Binarizer) * valueFactor * EightBitRelu.CodesPerOne;
        return builder.Describe(sum.Index, new Affine(size, 0, 0));
    }

    private static double ActivationScale(ElasticActivation binarizer) => 2 * binarizer.Planes.Coefficients[0];

    /// <summary>What gives the probabilities of the scores.</summary>
    private Operation Weights(int scores, ValueInfo info, double perScore)
    {
        if (_layer.Weights == AttentionWeights.Uniform)
        {
            return new Softmax(scores, new int[_layer.Heads], 0, new byte[] { 1 }, default, 0);
        }

        double[] thresholds = Binarizer?.Planes.Thresholds[0] ?? [];
        if (_layer.Weights == AttentionWeights.Threshold)
        {
            int keys = info.Channels / _layer.Heads;
            int[] ends =
            [
                .. thresholds.SelectMany(t =>
                    Enumerable.Repeat(new Affine(perScore, 0, -t).ToThreshold(info.Minimum, info.Maximum).Threshold, keys)
                ),
            ];
            return new Quantize(scores, 1, ends, new bool[info.Channels]);
        }

        // Differences of few scores index the table themselves; others are counted in steps of it.
        long range = (long)info.Maximum - info.Minimum;
        double steps = perScore * StepsPerOne;
        bool few = range < 256;
        int shift = few ? 0 : Math.Clamp(14 - Math.ILogB(steps), 0, 40);
        int multiplier = few ? 1 : checked((int)Math.Round(Math.ScaleB(steps, shift)));
        double step = few ? perScore : 1 / StepsPerOne;
        byte[] table = [.. Enumerable.Range(0, few ? (int)range + 1 : 256).Select(i => (byte)Math.Round(255 * Math.Exp(-i * step)))];
        // A threshold of 0 or less is reached by each exponential that is not rounded to 0.
        int[] ones =
        [
            .. thresholds.Select(t => t <= 0 ? int.MaxValue : (int)Math.Min(int.MaxValue, Math.Round(Math.ScaleB(1, ThresholdBits) / t))),
        ];
        return new Softmax(
            scores,
            Enumerable.Repeat(multiplier, _layer.Heads).ToArray(),
            shift,
            table,
            ones,
            ones.Length > 0 ? ThresholdBits : 0
        );
    }

    /// <summary>A packed value that attention reads: its index, what one of its integers stands for, and which stands for 0.</summary>
    private static (int Index, double Factor, int Zero) Operand(OperationBuilder builder, Value value)
    {
        Value x = builder.Single(value);
        Affine affine = x.Affines[0];
        double zero = -affine.At(0) / affine.Factor;
        ValueInfo info = builder.Info(x.Index);
        if (x.Affines.Any(a => a != affine) || info.Bits > AttentionScores.MaxBits)
        {
            throw new PackingException("attention reads numbers of several scales or of more than 8 bits; put a quantize before it");
        }

        if (affine.Factor <= 0 || zero != Math.Round(zero) || (zero != 0 && info.Kind != ElementKind.Codes))
        {
            throw new PackingException(
                "attention reads levels that lie unevenly about 0; give its quantize layers a method of symmetric levels, such as bit"
            );
        }

        return (x.Index, affine.Factor * value.CodesPerOne / EightBitRelu.CodesPerOne, (int)zero);
    }
}
