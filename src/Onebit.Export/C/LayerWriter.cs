using System.Text.RegularExpressions;

namespace Onebit.Export;

/// <summary>Writes the function of one fused layer.</summary>
internal sealed class LayerWriter
{
    private readonly List<(CType Type, string Name, long[] Dimensions)> _scratch = [];
    private readonly CText _body = new();

    /// <param name="unit">The file.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="name">The function's name.</param>
    public LayerWriter(CUnit unit, FusedLayer layer, string name)
    {
        (Unit, Layer, Name) = (unit, layer, name);
        int[] read =
        [
            .. layer.Operations[0].Inputs.ToArray(),
            .. layer is FusedAttention attention ? new[] { attention.End.Inputs.Span[1] } : [],
        ];
        Sources = [.. read.Distinct()];
        string[] names = Sources.Count == 1 ? ["in"] : [.. Sources.Select((_, i) => $"in{i}")];
        Inputs = [.. read.Select(value => Value(value, names[Sources.ToList().IndexOf(value)]))];
        Output = Value(layer.Output, unit.IsScores(layer.Output) ? "scores" : "out");
    }

    /// <summary>The file.</summary>
    public CUnit Unit { get; }

    /// <summary>The layer.</summary>
    public FusedLayer Layer { get; }

    /// <summary>The function's name, with which names of its constants begin.</summary>
    public string Name { get; }

    /// <summary>The values that the function reads, each once.</summary>
    public IReadOnlyList<int> Sources { get; }

    /// <summary>What the layer's first operation reads, and attention's values behind it.</summary>
    public IReadOnlyList<CValue> Inputs { get; }

    /// <summary>What the layer gives.</summary>
    public CValue Output { get; }

    /// <summary>How the layer runs some rows at a time; null where it runs at once.</summary>
    public RowStep? Step { get; init; }

    /// <summary>The arrays that the function needs for itself.</summary>
    public IReadOnlyList<(CType Type, string Name, long[] Dimensions)> Scratch => _scratch;

    /// <summary>The number of an operation of the layer in the model.</summary>
    public int IndexOf(Operation operation) => Layer.First + Layer.Operations.ToList().IndexOf(operation);

    /// <summary>The value that an operation of the layer gives, stored or not.</summary>
    public ValueInfo ValueOf(Operation operation) => Unit.Model.Values[IndexOf(operation) + 1];

    /// <summary>Appends to the function.</summary>
    public void Add(string lines) => _body.Add(lines);

    /// <summary>An array for the function alone.</summary>
    /// <returns>What it is called there.</returns>
    public string Array(CType type, string name, params long[] dimensions)
    {
        _scratch.Add((type, name, dimensions));
        return $"(void *)(memory + {PlaceOf(Name, name)})";
    }

    /// <summary>The constant that says where a part of the work buffer begins.</summary>
    public static string PlaceOf(string owner, string name) => $"{owner}_{name}".ToUpperInvariant();

    /// <summary>A constant array of the smallest type.</summary>
    public string Constants(string name, IEnumerable<long> entries) => Unit.Array($"{Name}_{name}", [.. entries]);

    /// <summary>A constant array per channel as an expression; the number itself where all are equal.</summary>
    public string PerChannel(string name, IEnumerable<long> entries, string channel)
    {
        long[] all = [.. entries];
        return all.Distinct().Count() == 1 ? CUnit.Literal(all[0]) : $"{Constants(name, all)}[{channel}]";
    }

    /// <summary>Appends the function to the file.</summary>
    public void Finish()
    {
        string[] parameters =
        [
            .. Inputs.DistinctBy(i => i.Name).Select(i => i.Declaration(isInput: true)),
            Output.Declaration(isInput: false),
            .. Step is null ? System.Array.Empty<string>() : ["uint32_t step"],
            .. _scratch.Count > 0 ? new[] { "uint8_t *memory" } : [],
        ];
        string operations = string.Join(", ", Layer.Operations.Select(o => o.Label));
        Unit.Text.Add(
            $$"""
            /* {{operations}}.
            * Reads {{string.Join(", ", Inputs.DistinctBy(i => i.Name).Select(i => i.Description))}}.
            {{(Step is null ? "" : $"* A step gives {(Step.Rows == 1 ? "a row" : "two rows")} of {Step.Count * Step.Rows}.")}}
            * Gives {{(Output.Name == "scores" ? $"{Output.Info.Channels} scores" : Output.Description)}}. */
            static void {{Name}}({{string.Join(", ", parameters)}}) {
            """
        );
        string[] unread =
        [
            .. Inputs
                .Select(i => i.Name)
                .Distinct()
                .Where(name => !Regex.IsMatch(_body.ToString(), $@"\b{name}\b"))
                .Select(name => $"(void){name};"),
        ];
        Unit.Text.Add(string.Join("\n", unread)).Add(Step is null ? Output.ClearRest : "").Add(_body.ToString()).Add("}").Space();
    }

    /// <summary>A call.</summary>
    /// <param name="address">Where a value lies.</param>
    /// <param name="step">The step of a layer that runs some rows at a time.</param>
    public string Call(Func<int, string> address, string? step = null)
    {
        IEnumerable<string> arguments = Sources.Append(Layer.Output).Select(address);
        arguments = step is null ? arguments : arguments.Append(step);
        return $"{Name}({string.Join(", ", _scratch.Count > 0 ? arguments.Append("memory") : arguments)});";
    }

    private CValue Value(int value, string name) =>
        new(Unit.Model.Values[value], Unit.IsScores(value) ? Unit.ScoreType() : CType.Of(Unit.Model.Values[value]), name);
}
