using System.Text.Json.Serialization;

namespace Onebit.Training;

/// <summary>
/// One layer of a network, as an experiment file lists it. The same list makes the full-precision network and
/// every binarized one: the method says what <c>dense</c> and <c>conv</c> do to their weights and what
/// <c>activation</c> means.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Dense), "dense")]
[JsonDerivedType(typeof(Conv), "conv")]
[JsonDerivedType(typeof(MaxPool), "maxPool")]
[JsonDerivedType(typeof(AveragePool), "averagePool")]
[JsonDerivedType(typeof(Norm), "norm")]
[JsonDerivedType(typeof(Activation), "activation")]
[JsonDerivedType(typeof(RPReLU), "rprelu")]
[JsonDerivedType(typeof(Maxout), "maxout")]
[JsonDerivedType(typeof(Dropout), "dropout")]
[JsonDerivedType(typeof(Scale), "scale")]
[JsonDerivedType(typeof(LearnedScale), "learnedScale")]
[JsonDerivedType(typeof(Residual), "residual")]
public abstract record LayerSpec
{
    /// <summary>A dense layer over all elements of its input.</summary>
    /// <param name="Units">Outputs; 0 stands for the number of classes.</param>
    /// <param name="Bias">Adds a float bias; pointless before a <c>norm</c>.</param>
    /// <param name="Binarize">false keeps these weights float32 whatever the method.</param>
    /// <param name="DivideByRootFanIn">Divides the output by the square root of the fan-in, in place of a normalization.</param>
    public sealed record Dense(int Units = 0, bool Bias = false, bool Binarize = true, bool DivideByRootFanIn = false) : LayerSpec;

    /// <summary>A two-dimensional convolution.</summary>
    /// <param name="Filters">Output channels.</param>
    /// <param name="Kernel">Rows and columns of the kernel.</param>
    /// <param name="Stride">Step, both ways.</param>
    /// <param name="Padding">Positions added on each side, of the lowest level of what is read: 0 for codes, -1 for signs.</param>
    /// <param name="Groups">Groups of channels.</param>
    /// <param name="Bias">Adds a float bias.</param>
    /// <param name="Binarize">false keeps these weights float32 whatever the method.</param>
    /// <param name="DivideByRootFanIn">Divides the output by the square root of the fan-in.</param>
    public sealed record Conv(
        int Filters,
        int Kernel,
        int Stride = 1,
        int Padding = 0,
        int Groups = 1,
        bool Bias = false,
        bool Binarize = true,
        bool DivideByRootFanIn = false
    ) : LayerSpec;

    /// <summary>The largest value of each window.</summary>
    /// <param name="Size">Rows and columns of the window.</param>
    /// <param name="Stride">Step; the size where it is 0.</param>
    public sealed record MaxPool(int Size, int Stride = 0) : LayerSpec;

    /// <summary>The mean of each window (in binarized networks the sum: a normalization follows).</summary>
    /// <param name="Size">Rows and columns of the window; 0: the whole input.</param>
    /// <param name="Stride">Step; the size where it is 0.</param>
    public sealed record AveragePool(int Size = 0, int Stride = 0) : LayerSpec;

    /// <summary>Batch normalization with learned factor and offset, per channel.</summary>
    public sealed record Norm : LayerSpec;

    /// <summary>The method's activation: ReLU, ReLU of 8 bits, tanh, signs or several planes.</summary>
    public sealed record Activation : LayerSpec;

    /// <summary>Two slopes around a learned point, all learned but the upper slope of 1 (ReActNet).</summary>
    public sealed record RPReLU : LayerSpec;

    /// <summary>Two learned slopes around 0 (AdaBin; an older Maxout is something else).</summary>
    public sealed record Maxout : LayerSpec;

    /// <summary>Dropout while training.</summary>
    /// <param name="Rate">Share of elements set to 0.</param>
    public sealed record Dropout(double Rate) : LayerSpec;

    /// <summary>Multiplication by a constant.</summary>
    /// <param name="By">The constant.</param>
    public sealed record Scale(double By) : LayerSpec;

    /// <summary>Multiplication by one learned number (a softmax's inverse temperature), starting at 1.</summary>
    public sealed record LearnedScale : LayerSpec;

    /// <summary>The inner layers' output plus their input; shapes must agree.</summary>
    /// <param name="Layers">The inner layers.</param>
    public sealed record Residual(IReadOnlyList<LayerSpec> Layers) : LayerSpec;
}
