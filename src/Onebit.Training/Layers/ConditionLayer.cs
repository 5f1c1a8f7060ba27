using Onebit.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Tells a diffusion model the noise level and the class, where there are classes: adds a learned number to each channel for each of them.
/// Where a network binarizes, the numbers are whole codes of 8 bits.
/// </summary>
public sealed record ConditionLayer : Layer
{
    internal override string? Brief => null;

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) =>
        context.Generation is not null ? inputs[0] : throw context.Wrong("is for diffusion models; give the experiment a 'generation'");

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) =>
        new ConditionModule(input.Channels, context.Generation!, context.Classes, context.HasIntegers);

    // For one level and one class it is a bias of the layer before it.
    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => inputs[0];
}

/// <summary>Adds numbers by noise level and class; see <see cref="ConditionLayer"/>.</summary>
public sealed class ConditionModule : LayerModule
{
    private const double FirstDeviation = 0.02;

    private readonly bool _rounds;
    private readonly int _classCount;
    private readonly Parameter _levels;
    private readonly Parameter? _classes; // null: there is one class, of which a bias would do.

    internal ConditionModule(int channels, GenerationSpec generation, int classes, bool rounds)
        : base("condition")
    {
        (_rounds, _classCount) = (rounds, classes);
        int rows = generation.ClassDropout > 0 ? classes + 1 : classes;
        register_parameter("levels", _levels = new Parameter(randn(generation.Levels, channels).mul_(FirstDeviation)));
        if (rows > 1)
        {
            register_parameter("classes", _classes = new Parameter(randn(rows, channels).mul_(FirstDeviation)));
        }
    }

    /// <summary>The level, from 1, and the class of each image of the batch, int64; the number of classes is none.</summary>
    internal (Tensor Levels, Tensor Classes)? Condition { get; set; }

    internal override Value Pack(OperationBuilder builder, LayerNode node, IReadOnlyList<Value> inputs)
    {
        // Value 0 ends with the level less 1 and the class.
        int element = builder.Info(0).Count - DiffusionInput.Conditions,
            codes = AddLayer.ToCodes(builder, inputs[0]);
        Value sum = builder.Append(new AddEmbedding(codes, 0, element, Whole(_levels)));
        if (_classes is not null)
        {
            sum = builder.Append(new AddEmbedding(sum.Index, 0, element + 1, Whole(_classes.narrow(0, 0, _classCount))));
        }

        OperationBuilder.RequireExact(builder.Largest(sum.Index));
        return sum;
    }

    private protected override Tensor Forward(Tensor x, Value value)
    {
        (Tensor levels, Tensor classes) = Condition ?? throw new InvalidOperationException("The network was not told level and class.");
        Tensor added = Numbers(_levels).index_select(0, levels - 1);
        if (_classes is not null)
        {
            added += Numbers(_classes).index_select(0, classes);
        }

        return AddLayer.ToCodes(Spatial(x), value, _rounds) + added.view(added.shape[0], -1, 1, 1);
    }

    private int[] Whole(Tensor numbers) => [.. Numbers(numbers).data<float>().Select(n => (int)n)];

    /// <summary>As they are added: in ones, or in whole codes of 8 bits.</summary>
    private Tensor Numbers(Tensor numbers) =>
        _rounds ? Steps.Of(numbers * EightBitRelu.CodesPerOne, new CodeStep(sbyte.MinValue, sbyte.MaxValue)) : numbers;
}
