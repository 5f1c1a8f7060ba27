namespace Onebit.Export;

/// <summary>
/// A layer on codes at one position at a time. Each output adds the inputs whose weight is +1. Twice that, less the sum of all inputs, is
/// its sum. A dense layer adds entries of tables, unless memory matters more.
/// </summary>
internal static class PlainLinear
{
    private const int AtATime = 8,
        // Tables of fewer outputs are not worth their making.
        LeastOutputs = 4;

    public static void Write(LinearParts layer)
    {
        if (layer.IsDense && layer.Linear.Outputs >= LeastOutputs && !layer.Writer.Unit.IsInPlace)
        {
            WriteTables(layer);
            return;
        }

        CType type = layer.Input.Type;
        string weights = layer.ByteWeights(outputsInside: false),
            chosen = layer.Writer.Unit.Helper($"chosen_{type.Name}"),
            source = layer.IsDense ? "in" : "inputs",
            gather = "";
        int rowBytes = (layer.FanIn + 7) / 8;
        if (!layer.IsDense)
        {
            layer.Writer.Add($"{type.Name} *const inputs = {layer.Writer.Array(type, "inputs", layer.FanIn)};");
            string element = layer.IsPadded
                ? $"({type.Name}){layer.PaddedCode("start + from", "row + i", "column + j")}"
                : "in[start + from]";
            gather = $"""
                {layer.Start}
                uint32_t k = 0;
                {layer.OverInputs($"inputs[k++] = {element};")}
                """;
        }

        layer.OverPositions(
            $$"""
            {{gather}}
            uint32_t all = 0;
            for (uint32_t i = 0; i < {{layer.FanIn}}; i++) {
            all += (uint32_t){{source}}[i];
            }
            """,
            $"const int32_t sum = (int32_t)(2 * {chosen}({source}, {weights} + o * {rowBytes}, {layer.FanIn}) - all);"
        );
    }

    private static void WriteTables(LinearParts layer)
    {
        CUnit unit = layer.Writer.Unit;
        int outputs = layer.Linear.Outputs;
        string input = layer.FanIn % AtATime == 0 ? "in[i + k]" : $"i + k < {layer.FanIn} ? (uint32_t)in[i + k] : 0";
        layer.Writer.Add(
            $$"""
            uint32_t *const sums = {{layer.Writer.Array(CType.UInt32, "sums", outputs)}};
            for (uint32_t o = 0; o < {{outputs}}; o++) {
            sums[o] = 0;
            }
            uint32_t all = 0;
            const IN_FLASH uint8_t *w = {{layer.ByteWeights(outputsInside: true)}};
            for (uint32_t i = 0; i < {{layer.FanIn}}; i += {{AtATime}}) {
            uint32_t some[{{AtATime}}];
            for (uint32_t k = 0; k < {{AtATime}}; k++) {
            some[k] = {{(layer.FanIn % AtATime == 0 ? "(uint32_t)" : "")}}{{input}};
            all += some[k];
            }
            {{unit.Helper("add_chosen")}}(some, w, sums, {{outputs}});
            w += {{outputs}};
            }
            for (uint32_t o = 0; o < {{outputs}}; o++) {
            {{layer.Store("o", "(int32_t)(2 * sums[o] - all)", "o")}}
            }
            """
        );
    }
}
