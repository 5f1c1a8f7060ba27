namespace Onebit.Export;

/// <summary>
/// A layer on signs or codes of one bit. The inputs of a position are gathered into words in the order of the weights. The sum follows
/// from how many bits differ, or from how many are 1 in both.
/// </summary>
internal static class PopcountLinear
{
    public static void Write(LinearParts layer)
    {
        CUnit unit = layer.Writer.Unit;
        int words = CType.Words(layer.FanIn);
        string weights = layer.WordWeights(),
            ones = unit.Helper("ones"),
            inputs = layer.IsDense ? "in" : layer.Writer.Array(CType.Bits, "inputs", words);
        if (!layer.IsDense)
        {
            layer.Writer.Add($"uint32_t *const inputs = {inputs};");
        }

        string source = layer.IsDense ? "in" : "inputs";
        bool signs = layer.Input.Info.Kind == ElementKind.Signs;
        string all = signs
            ? ""
            : $$"""
                uint32_t all = 0;
                for (uint32_t i = 0; i < {{words}}; i++) {
                all += {{ones}}({{source}}[i]);
                }
                """;
        string count =
            words == 1
                ? $"const uint32_t count = {ones}({source}[0] {(signs ? "^" : "&")} {weights}[o]);"
                : $$"""
                    const IN_FLASH uint32_t *w = {{weights}} + o * {{words}};
                    uint32_t count = 0;
                    for (uint32_t i = 0; i < {{words}}; i++) {
                    count += {{ones}}({{source}}[i] {{(signs ? "^" : "&")}} w[i]);
                    }
                    """;
        string sum = signs
            ? $"const int32_t sum = {CUnit.Literal(layer.FanIn)} - (int32_t)(2 * count);"
            : "const int32_t sum = (int32_t)(2 * count) - (int32_t)all;";
        layer.OverPositions($"{(layer.IsDense ? "" : Gather(layer, words))}\n{all}", $"{count}\n{sum}");
    }

    private static string Gather(LinearParts layer, int words)
    {
        CUnit unit = layer.Writer.Unit;
        string clear =
            words == 1
                ? "inputs[0] = 0;"
                : $$"""
                    for (uint32_t i = 0; i < {{words}}; i++) {
                    inputs[i] = 0;
                    }
                    """;
        string code = layer.IsPadded
                ? layer.PaddedCode("start + from", "row + i", "column + j")
                : layer.Input.LoadBit(unit, "start + from"),
            bit = $"inputs[k >> 5] |= {code} << (k & 31);\nk++;";
        return $"{clear}\n{layer.Start}\nuint32_t k = 0;\n{layer.OverInputs(bit)}";
    }
}
