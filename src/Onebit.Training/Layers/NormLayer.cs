using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Batch normalization (Ioffe &amp; Szegedy 2015) over the channels of batch x channels or batch x channels x rows x
/// columns: <c>unit * (gamma * (x - mean) / sqrt(variance + 1e-5) + beta)</c>. The unit counts a following 8-bit activation's codes.
/// </summary>
public sealed class NormLayer : nn.Module<Tensor, Tensor>
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>Share of a new batch in the running statistics, unless a re-estimation sets it.</summary>
    internal const double DefaultMomentum = 0.1;

    internal NormLayer(string name, int channels, double unit)
        : base(name)
    {
        Unit = unit;
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

    /// <summary>What the normalized value is multiplied with.</summary>
    public double Unit { get; }

    internal double Momentum { get; set; } = DefaultMomentum;

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        (Tensor gamma, Tensor beta) = Unit == 1 ? (Gamma, Beta) : (Gamma * Unit, Beta * Unit);
        return nn.functional.batch_norm(x, Mean, Variance, gamma, beta, training, Momentum, Epsilon);
    }
}
