using System.Globalization;

namespace Onebit.Export;

/// <summary>
/// Layers that run some rows at a time. Before each step of the last one, the ones before it give the rows that the step reads.
/// </summary>
internal sealed class RowGroup(CUnit unit, IReadOnlyList<LayerWriter> layers)
{
    private LayerWriter Last => layers[^1];

    /// <summary>The statements that run the group.</summary>
    /// <param name="address">Where a value lies.</param>
    public string Calls(Func<int, string> address)
    {
        string text = string.Join("\n", layers.SkipLast(1).Select(l => $"uint32_t {Step(l)} = 0;\n{ClearTop(l, address)}"));
        RowLayout? output = Layout(Last);
        int top = output is null ? 0 : output.Padding * output.RowStride;
        string target = address(Last.Layer.Output),
            step = Step(Last),
            first = top > 0 ? $"if ({step} == 0) {{\n{Clear(target, top)}\n}}" : "",
            end = top > 0 ? Clear($"(uint8_t *){target} + {(output!.PaddedHeight - output.Padding) * output.RowStride}", top) : "",
            rest = output is null ? Last.Output.ClearRest.Replace("out[", $"((uint32_t *){target})[", StringComparison.Ordinal) : "";
        string comment =
            layers.Count > 1 ? $"/* {layers[0].Name} to {Last.Name} run in turn: each gives rows as the next one reads them. */" : "";
        return $$"""
            {
            {{comment}}
            {{text}}
            {{rest}}
            for (uint32_t {{step}} = 0; {{step}} < {{Last.Step!.Count}}; {{step}}++) {
            {{Inputs(layers.Count - 1, address)}}
            {{first}}
            {{Rows(Last, address)}}
            }
            {{end}}
            }
            """;
    }

    /// <summary>The rows of zeros above the first one.</summary>
    private string ClearTop(LayerWriter layer, Func<int, string> address) =>
        Layout(layer) is { Padding: > 0 } ring ? Clear(address(layer.Layer.Output), ring.Padding * ring.RowStride) : "";

    private static string Step(LayerWriter layer) => $"step{layer.Name["layer".Length..]}";

    private RowLayout? Layout(LayerWriter layer) => unit.Layouts.GetValueOrDefault(layer.Layer.Output);

    /// <summary>The layer before runs until the rows are there that a step of this one reads.</summary>
    private string Inputs(int index, Func<int, string> address)
    {
        if (index == 0)
        {
            return "";
        }

        LayerWriter layer = layers[index],
            before = layers[index - 1];
        RowStep step = layer.Step!,
            source = before.Step!;
        RowLayout ring = Layout(before)!;
        string own = Step(before),
            have = LinearParts.Times(own, source.Rows),
            need = LinearParts.Times(Step(layer), step.Advance);
        have = ring.Padding == 0 ? have : $"{have} + {ring.Padding}";
        string call = Rows(before, address);
        return $$"""
            while ({{have}} < {{need}} + {{step.InputRows.ToString(CultureInfo.InvariantCulture)}}) {
            {{Inputs(index - 1, address)}}
            {{call}}
            {{own}}++;
            }
            """;
    }

    /// <summary>The rows of one step, with zeros around them, or rows of zeros below the last one.</summary>
    private string Rows(LayerWriter layer, Func<int, string> address)
    {
        string step = Step(layer),
            call = layer.Call(address, step);
        if (Layout(layer) is not { Padding: > 0 } layout)
        {
            return call;
        }

        string row = LinearParts.Times(step, layer.Step!.Rows);
        IEnumerable<string> clears = Enumerable
            .Range(layout.Padding, layer.Step.Rows)
            .Select(i => Clear($"(uint8_t *){address(layer.Layer.Output)} + {layout.Row(unit, $"{row} + {i}")}", layout.RowStride));
        string end = layout.IsRing ? $"if ({step} < {layer.Step.Count}) {{\n{call}\n}}" : call;
        return $"{string.Join("\n", clears)}\n{end}";
    }

    private string Clear(string address, int bytes) => $"{unit.Helper("clear")}({address}, {bytes});";
}
