namespace Onebit.Export;

/// <summary>
/// A layer on codes at four positions at a time, those of a pooling window or four that follow one another. A word of 32 bits holds the
/// inputs of two positions. Eight inputs make two tables with the sums of all choices of four, and each output adds one entry of each.
/// So an addition serves eight multiply-accumulates.
/// </summary>
internal static class PairedLinear
{
    private const int Positions = 4,
        TableInputs = 8;

    /// <summary>Writes the body.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="isWide">The sums of all inputs can take more than 16 bits: each position has a word.</param>
    public static void Write(LinearParts layer, bool isWide)
    {
        LayerWriter writer = layer.Writer;
        CUnit unit = writer.Unit;
        int sums = isWide ? Positions : Positions / 2;
        string weights = layer.ByteWeights(outputsInside: true),
            tables = writer.Array(CType.UInt32, "tables", 2, 16, 2),
            sumsArray = writer.Array(CType.UInt32, "sums", layer.GroupOutputs, sums);
        writer.Add(
            $"""
            uint32_t (*const tables)[16][2] = {tables};
            uint32_t (*const sums)[{sums}] = {sumsArray};
            """
        );
        string body = Body(layer, isWide);
        string reset = layer.Linear.Groups == 1 ? $"const uint8_t *w = {weights};" : $"const uint8_t *w = {weights};";
        if (layer.Pool is null)
        {
            OverRows(layer, $"{reset}\n{body}");
        }
        else
        {
            OverWindows(layer, reset, body);
        }

        _ = unit;
    }

    /// <summary>The sums of all outputs at four positions, and what is done with them.</summary>
    private static string Body(LinearParts layer, bool isWide)
    {
        CUnit unit = layer.Writer.Unit;
        string add = $"{unit.Helper(isWide ? "add_wide_sums" : "add_sums")}(tables, w, sums, {layer.GroupOutputs});\nw += {layer.GroupOutputs};";
        string code(int p) =>
            layer.IsPadded
                ? $"({layer.Inside($"row[{p}]", $"column[{p}]")} ? (uint32_t)in[{layer.PaddedIndex($"row[{p}]", $"column[{p}]")}] : 0)"
                : $"(uint32_t)in[start[{p}] + at0]";
        string totals = isWide
            ? """
                all[0] += left & 0xffff;
                all[1] += left >> 16;
                all[2] += right & 0xffff;
                all[3] += right >> 16;
                """
            : """
                all[0] += left;
                all[1] += right;
                """;
        int rest = layer.FanIn % TableInputs;
        string last = rest == 0 ? "" : $$"""
            for (; k < 8; k++) {
            tables[k >> 2][1 << (k & 3)][0] = 0;
            tables[k >> 2][1 << (k & 3)][1] = 0;
            }
            {{add}}
            """;
        string gather = layer.OverInputs(
            $$"""
            const uint32_t left = {{code(0)}} | {{code(1)}} << 16;
            const uint32_t right = {{code(2)}} | {{code(3)}} << 16;
            {{totals}}
            tables[k >> 2][1 << (k & 3)][0] = left;
            tables[k >> 2][1 << (k & 3)][1] = right;
            if (++k == 8) {
            {{add}}
            k = 0;
            }
            """
        );
        string zeros = isWide ? "0, 0, 0, 0" : "0, 0";
        int sums = isWide ? Positions : Positions / 2;
        return $$"""
            for (uint32_t s = 0; s < {{layer.GroupOutputs}}; s++) {
            {{string.Join("\n", Enumerable.Range(0, sums).Select(i => $"sums[s][{i}] = 0;"))}}
            }
            uint32_t all[{{sums}}] = {{{zeros}}};
            uint32_t k = 0;
            {{gather}}
            {{last}}
            """;
    }

    /// <summary>The sum of output s of a group at one of the four positions.</summary>
    private static string Sum(LinearParts layer, string s, int position, bool isWide)
    {
        CUnit unit = layer.Writer.Unit;
        return isWide
            ? $"(int32_t)(2 * sums[{s}][{position}] - all[{position}])"
            : $"{unit.Helper(position % 2 == 0 ? "low_sum" : "high_sum")}(sums[{s}][{position / 2}], all[{position / 2}])";
    }

    private static bool IsWide(LinearParts layer) => (long)layer.FanIn * layer.Input.Info.Maximum > ushort.MaxValue;

    private static string GroupOutput(LinearParts layer) => layer.Linear.Groups == 1 ? "o" : "s";

    private static string PerOutput(LinearParts layer, string prepare, string body) =>
        layer.OverOutputs(
            layer.Linear.Groups == 1 ? prepare : $"{prepare}\nuint32_t s = 0;",
            layer.Linear.Groups == 1 ? body : $"{body}\ns++;"
        );

    /// <summary>Positions row by row, four at a time; the last ones are repeated where four do not divide them.</summary>
    private static void OverRows(LinearParts layer, string prepare)
    {
        ValueInfo sums = layer.Sums;
        int stride = layer.Linear.Stride,
            padding = layer.Linear.Padding;
        string s = GroupOutput(layer);
        int split = prepare.IndexOf('\n', StringComparison.Ordinal);
        string stores = string.Join(
            "\n",
            Enumerable
                .Range(0, Positions)
                .Select(p => layer.Store($"n + at[{p}]", Sum(layer, s, p, IsWide(layer)), "o"))
        );
        string place = layer.IsPadded
            ? $"""
                row[p] = y * {stride} - {padding};
                column[p] = x * {stride} - {padding};
                """
            : $"start[p] = y * {stride * layer.Input.Info.Width} + x * {stride};";
        layer.Writer.Add(
            $$"""
            uint32_t position = 0, y = 0, x = 0;
            while (position < {{sums.Area}}) {
            uint32_t at[4], {{(layer.IsPadded ? "row[4], column[4]" : "start[4]")}};
            for (uint32_t p = 0; p < 4; p++) {
            at[p] = y * {{sums.Width}} + x;
            {{place}}
            if (++position < {{sums.Area}} && ++x == {{sums.Width}}) {
            x = 0;
            y++;
            }
            }
            uint32_t n = 0;
            {{prepare[..split]}}
            {{PerOutput(layer, prepare[(split + 1)..], $"{stores}\nn += {sums.Area};")}}
            }
            """
        );
    }

    /// <summary>The windows of the pooling, four positions of each at a time.</summary>
    private static void OverWindows(LinearParts layer, string reset, string body)
    {
        LayerWriter writer = layer.Writer;
        CUnit unit = writer.Unit;
        MaxPool pool = layer.Pool!;
        ValueInfo output = writer.Output.Info;
        int window = pool.Size * pool.Size;
        string s = GroupOutput(layer),
            larger = unit.Helper("larger");
        string sum = Enumerable
            .Range(0, Positions)
            .Select(p => Sum(layer, s, p, IsWide(layer)))
            .Aggregate((x, y) => $"{larger}({x}, {y})");
        string inner,
            outer = "",
            after = "";
        if (window <= Positions)
        {
            inner = $"{layer.Store("n", sum, "o")}\nn += {output.Area};";
        }
        else
        {
            CType type = CType.Of(layer.Sums);
            writer.Add($"{type.Name} *const best = {writer.Array(type, "best", layer.Linear.Outputs)};");
            string cast = type == CType.Int32 ? "" : $"({type.Name})";
            inner = $$"""
                const int32_t sum = {{sum}};
                if (part == 0 || sum > best[o]) {
                best[o] = {{cast}}sum;
                }
                """;
            outer = $"for (uint32_t part = 0; part < {window}; part += 4) {{";
            after = $$"""
                }
                for (uint32_t o = 0; o < {{layer.Linear.Outputs}}; o++) {
                {{layer.Store("n", "best[o]", "o")}}
                n += {{output.Area}};
                }
                """;
        }

        int stride = layer.Linear.Stride,
            padding = layer.Linear.Padding;
        string part = window <= Positions ? "p" : "part + p",
            index = window >= Positions && window % Positions == 0 ? part : $"({part} < {window} ? {part} : {window - 1})",
            i = pool.Size == 1 ? "0" : $"index / {pool.Size}",
            j = pool.Size == 1 ? "0" : $"index % {pool.Size}",
            row = $"(y * {pool.Stride} + {i}) * {stride}",
            column = $"(x * {pool.Stride} + {j}) * {stride}";
        string place = layer.IsPadded
            ? $"""
                row[p] = {row} - {padding};
                column[p] = {column} - {padding};
                """
            : $"start[p] = {row} * {layer.Input.Info.Width} + {column};";
        writer.Add(
            $$"""
            uint32_t at = 0;
            for (uint32_t y = 0; y < {{output.Height}}; y++) {
            for (uint32_t x = 0; x < {{output.Width}}; x++) {
            uint32_t n = at++;
            {{outer}}
            uint32_t {{(layer.IsPadded ? "row[4], column[4]" : "start[4]")}};
            for (uint32_t p = 0; p < 4; p++) {
            {{(pool.Size == 1 ? "" : $"const uint32_t index = {index};")}}
            {{place}}
            }
            {{reset}}
            {{PerOutput(layer, body, inner)}}
            {{after}}
            }
            }
            """
        );
    }
}
