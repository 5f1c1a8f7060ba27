namespace Onebit.Export;

/// <summary>
/// A layer on codes at one position at a time. Each output adds the inputs whose weight is +1. Twice that, less the sum of all inputs, is
/// its sum.
/// </summary>
internal static class PlainLinear
{
    public static void Write(LinearParts layer)
    {
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
}
