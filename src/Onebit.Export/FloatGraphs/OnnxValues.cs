namespace Onebit.Export;

/// <summary>
/// The values of a <see cref="FloatGraph"/> in an ONNX model, as they are written. Dense layers read and give images x channels, all else
/// images x channels x rows x columns.
/// </summary>
/// <param name="model">The model.</param>
internal sealed class OnnxValues(OnnxGraph model)
{
    private readonly List<(string Name, bool IsFlat)> _values = [(FloatOnnxWriter.Input, false)];

    private OnnxValues(OnnxGraph model, IEnumerable<(string Name, bool IsFlat)> values)
        : this(model) => _values = [.. values];

    /// <summary>The model, which has the nodes that give the values.</summary>
    internal OnnxGraph Model => model;

    /// <summary>Adds the next value.</summary>
    internal void Add(string name, bool isFlat = false) => _values.Add((name, isFlat));

    /// <summary>A value as images x channels.</summary>
    internal string Flat(int value) => _values[value].IsFlat ? _values[value].Name : model.Node("Flatten", [_values[value].Name]);

    /// <summary>A value as images x channels x rows x columns.</summary>
    internal string Spatial(int value) =>
        _values[value].IsFlat ? model.Node("Unsqueeze", [_values[value].Name, model.Constant<long>([2], [2, 3])]) : _values[value].Name;

    /// <summary>A value as images x heads x channels of a head x positions.</summary>
    internal string ByHead(int value, int heads, int depth) =>
        model.Node("Reshape", [Spatial(value), model.Constant<long>([4], [0, heads, depth, -1])]);

    /// <summary>A result by heads as images x channels x rows x columns.</summary>
    internal string FromHeads(string name, Shape shape) =>
        model.Node("Reshape", [name, model.Constant<long>([4], [0, shape.Channels, shape.Height, shape.Width])]);

    /// <summary>Values of one shape, all flat where one of them is.</summary>
    internal (string[] Names, bool AreFlat) Alike(IReadOnlyList<int> values) =>
        values.Any(v => _values[v].IsFlat) ? ([.. values.Select(Flat)], true) : ([.. values.Select(v => _values[v].Name)], false);

    /// <summary>The value added last.</summary>
    internal (string Name, bool IsFlat) Last => _values[^1];

    /// <summary>The same values, some of them under the name of another form.</summary>
    /// <param name="values">These.</param>
    /// <param name="rename">Gives the name of the other form from the name and the value.</param>
    internal OnnxValues Renamed(IReadOnlyList<int> values, Func<string, int, string> rename) =>
        new(model, _values.Select((v, i) => values.Contains(i) ? (rename(v.Name, i), v.IsFlat) : v));
}
