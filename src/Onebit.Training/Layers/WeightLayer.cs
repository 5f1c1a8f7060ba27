using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// A dense layer or convolution whose latent weights pass through a binarizer. A dense layer is kept as the
/// convolution whose kernel covers its input, weights of shape outputs x channels x rows x columns.
/// </summary>
public sealed class WeightLayer : nn.Module<Tensor, Tensor>
{
    private readonly double? _outputScale;
    private readonly Func<double> _paddingValue;

    // An array, because TorchSharp would register a module in a field once more.
    private readonly WeightBinarizer[] _binarizer;
    private readonly bool _real;

    internal WeightLayer(
        string name,
        (int Channels, int Height, int Width) input,
        int outputs,
        int kernelHeight,
        int kernelWidth,
        int stride,
        int padding,
        int groups,
        bool bias,
        WeightBinarizer? binarizer,
        bool real,
        bool divideByRootFanIn,
        Func<double> paddingValue,
        bool zeroInit
    )
        : base(name)
    {
        (_binarizer, _real) = (binarizer is null ? [] : [binarizer], real);
        (Stride, Padding, Groups, _paddingValue) = (stride, padding, groups, paddingValue);
        IsDense = kernelHeight == input.Height && kernelWidth == input.Width && padding == 0 && groups == 1;
        int fanIn = input.Channels / groups * kernelHeight * kernelWidth;
        _outputScale = divideByRootFanIn ? 1 / Math.Sqrt(fanIn) : null;
        double bound = 1 / Math.Sqrt(fanIn);
        long[] shape = [outputs, input.Channels / groups, kernelHeight, kernelWidth];
        Weight = new Parameter(zeroInit && IsBinarized ? zeros(shape) : rand(shape).mul_(2 * bound).sub_(bound));
        Bias = bias ? new Parameter(rand(outputs).mul_(2 * bound).sub_(bound)) : null;
        register_parameter("weight", Weight);
        if (Bias is not null)
        {
            register_parameter("bias", Bias);
        }

        if (Binarizer is not null)
        {
            register_module("binarizer", Binarizer);
        }
    }

    /// <summary>The latent weights, outputs x (channels / groups) x rows x columns.</summary>
    public Parameter Weight { get; }

    /// <summary>Float biases, one an output; null where the layer has none.</summary>
    public Parameter? Bias { get; }

    /// <summary>The binarizer of the weights; null: the method has none for them.</summary>
    public WeightBinarizer? Binarizer => _binarizer.FirstOrDefault();

    /// <summary>The weights are bits, and not kept real.</summary>
    public bool IsBinarized => Binarizer is not null && !_real;

    /// <summary>Step between positions.</summary>
    public int Stride { get; }

    /// <summary>Positions added on each side.</summary>
    public int Padding { get; }

    /// <summary>What padded positions hold: 0 for codes and floats, the lowest level for binarized activations.</summary>
    public double PaddingValue => _paddingValue();

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <summary>The kernel covers the whole input.</summary>
    public bool IsDense { get; }

    /// <summary>What the sums are multiplied with: 1, or one over the square root of the fan-in.</summary>
    public double OutputScale => _outputScale ?? 1;

    internal double Progress { get; set; } = 1;

    /// <summary>Weights to use in place of the binarizer's; null: binarize in every pass.</summary>
    public Tensor? Frozen { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        (Tensor weight, Tensor? bias) = (Weight, Bias);
        if (Binarizer is not null)
        {
            weight = Frozen ?? (_real ? Binarizer.Real(Weight) : Binarizer.Forward(Weight, Progress));
            bias =
                Bias is null ? null
                : _real ? Binarizer.Real(Bias)
                : Binarizer.Bias(Bias);
        }
        Tensor result;
        if (IsDense)
        {
            result = nn.functional.linear(x.flatten(1), weight.flatten(1), bias);
        }
        else
        {
            x = Network.Spatial(x);
            double outside = Padding > 0 ? PaddingValue : 0;
            bool zeros = outside == 0;
            if (!zeros)
            {
                x = nn.functional.pad(x, [Padding, Padding, Padding, Padding], PaddingModes.Constant, outside);
            }

            long inside = zeros ? Padding : 0;
            result = nn.functional.conv2d(x, weight, bias, [Stride, Stride], [inside, inside], groups: Groups);
            // Channels last in memory: libtorch pools and convolves that several times faster on a CPU.
            result = result.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        }
        return _outputScale is { } scale ? result * scale : result;
    }
}
