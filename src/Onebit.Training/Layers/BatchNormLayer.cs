using Onebit.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Batch normalization with learned factor and offset, per channel.</summary>
public sealed record BatchNormLayer : Layer
{
    internal override string? Brief => null;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => inputs[0];

    // The last normalization gives logits, every other one counts in codes.
    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        new BatchNormModule(input.Channels, context.HasIntegers && !node.IsLast ? EightBitRelu.CodesPerOne : 1);

    // Folded into the weights before it.
    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => inputs[0];
}

/// <summary>
/// Batch normalization (Ioffe &amp; Szegedy 2015) over the channels of batch x channels or batch x channels x rows x
/// columns: <c>codes per one * (gamma * (x - mean) / sqrt(variance + 1e-5) + beta)</c>.
/// </summary>
public sealed class BatchNormModule : LayerModule
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>Share of a new batch in the running statistics, unless a re-estimation sets it.</summary>
    internal const double DefaultMomentum = 0.1;

    internal BatchNormModule(int channels, double codesPerOne)
        : base("batchNorm")
    {
        CodesPerOne = codesPerOne;
        Gamma = new Parameter(ones(channels));
        Beta = new Parameter(zeros(channels));
        Mean = zeros(channels);
        Variance = ones(channels);
        register_parameter("gamma", Gamma);
        register_parameter("beta", Beta);
        register_buffer("mean", Mean);
        register_buffer("variance", Variance);
    }

    /// <summary>Learned factor, one a channel.</summary>
    public Parameter Gamma { get; }

    /// <summary>Learned offset, one a channel.</summary>
    public Parameter Beta { get; }

    /// <summary>Running mean, one a channel.</summary>
    public Tensor Mean { get; }

    /// <summary>Running variance, one a channel.</summary>
    public Tensor Variance { get; }

    /// <summary>What the normalized value is multiplied with: the codes of a following 8-bit activation, or 1.</summary>
    public double CodesPerOne { get; }

    internal double Momentum { get; set; } = DefaultMomentum;

    /// <summary>An affine that folds into what follows; integers where something else reads it too.</summary>
    internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
    {
        Value normalized = builder.Single(inputs[0]).Then(Fold());
        return node.IsLast || node.Readers.All(r => r.FoldsBatchNorm) ? normalized : builder.Requantize(normalized, 16);
    }

    private protected override Tensor Forward(Tensor x, Value value)
    {
        (Tensor gamma, Tensor beta) = CodesPerOne == 1 ? (Gamma, Beta) : (Gamma * CodesPerOne, Beta * CodesPerOne);
        return nn.functional.batch_norm(x, Mean, Variance, gamma, beta, training, Momentum, Epsilon);
    }

    private Affine[] Fold()
    {
        float[] gamma = Gamma.data<float>().ToArray(),
            beta = Beta.data<float>().ToArray(),
            mean = Mean.data<float>().ToArray(),
            variance = Variance.data<float>().ToArray();
        return [.. gamma.Select((g, c) => new Affine(CodesPerOne * g / Math.Sqrt(variance[c] + Epsilon), mean[c], CodesPerOne * beta[c]))];
    }
}
