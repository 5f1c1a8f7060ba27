using System.Globalization;

namespace Onebit.Export;

/// <summary>
/// A packed model as an ONNX model of ONNX's own operators. It reads <see cref="Input"/>, uint8, images x channels x height x width, and
/// gives <see cref="Scores"/>, int64, images x classes, and <see cref="Class"/>, int64, images. They are those of
/// <see cref="ReferenceInterpreter"/>: all arithmetic is on integers. Weights take one byte each.
/// </summary>
public static class OnnxExporter
{
    /// <summary>The model's input: pixels as they are.</summary>
    public const string Input = "pixels";

    /// <summary>The output with one score per class.</summary>
    public const string Scores = "scores";

    /// <summary>The output with the class: the lowest one of those with the largest score.</summary>
    public const string Class = "class";

    /// <summary>The name of the metadata that holds the model's <see cref="ImagePreparation"/>.</summary>
    public const string Preparation = "onebit.preparation";

    /// <summary>The name of the metadata that holds the names of the classes, one a line. A name holds no line break.</summary>
    public const string ClassNames = "onebit.class_names";

    /// <summary>The ONNX file.</summary>
    /// <param name="model">A classifier.</param>
    /// <exception cref="ArgumentException">The model is a diffusion model.</exception>
    public static byte[] Write(BitModel model)
    {
        RequireClassifier(model);
        var graph = new IntegerGraph(model);
        foreach (Operation operation in model.Operations)
        {
            graph.Add(OnnxTable.Writers[operation.GetType()](graph, operation));
        }

        // Equal scores: the lower index comes first. ArgMax would do, but ONNX Runtime has it for int32 alone.
        OnnxGraph onnx = graph.Onnx;
        string best = onnx.Node("TopK", [Scores, onnx.Constant<long>([1], [1])], [("axis", 1)], ignored: 1);
        onnx.Node("Squeeze", [best, onnx.Constant<long>([1], [1])], output: Class);
        onnx.Output<long>(Scores, model.ClassCount);
        onnx.Output<long>(Class);
        string shift = ((Scores)model.Operations[^1]).Shift.ToString(CultureInfo.InvariantCulture);
        return onnx.ToModel<byte>(
            Input,
            model.Input.Shape,
            "onebit",
            $"A network of one-bit weights. It reads pixels of 0 to 255. A logit is a score divided by 2^{shift}.",
            [("onebit.score_shift", shift), .. Metadata(model)]
        );
    }

    /// <summary>ONNX files have the scores of classes.</summary>
    /// <exception cref="ArgumentException">The model is a diffusion model.</exception>
    internal static void RequireClassifier(BitModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Input.Diffusion is not null)
        {
            throw new ArgumentException("A diffusion model has no classes and scores.", nameof(model));
        }
    }

    /// <summary>What a file says of a model beside its graph.</summary>
    internal static IEnumerable<(string Key, string Value)> Metadata(BitModel model) =>
        [(Preparation, model.Preparation.ToString()), (ClassNames, string.Join('\n', model.ClassNames))];
}
