namespace Onebit.Export;

/// <summary>
/// A layer on codes at four positions at a time, those of a pooling window or four that follow one another. A word of 32 bits holds the
/// inputs of two positions. Eight inputs make two tables with the sums of all choices of four, and each output adds one entry of each.
/// So an addition serves eight multiply-accumulates.
/// </summary>
/// <param name="layer">The layer.</param>
internal sealed class PairedLinear(LinearParts layer)
{
    private const int Positions = 4,
        TableInputs = 8,
        MaxHalf = ushort.MaxValue;

    private readonly LayerWriter _writer = layer.Writer;

    // The sums of all inputs can take more than 16 bits: each position has a word.
    private readonly bool _isWide = (long)layer.FanIn * layer.Input.Info.Maximum > MaxHalf;

    /// <summary>The layer can be written so, and tables are worth their making.</summary>
    public static bool Fits(LinearParts layer) =>
        layer.Sums.Area > 1 && layer.GroupOutputs >= Positions && TableInputs * (long)layer.Input.Info.Maximum <= MaxHalf;

    private int SumWords => _isWide ? Positions : Positions / 2;

    /// <summary>The output within its group.</summary>
    private string Output => layer.Linear.Groups == 1 ? "o" : "s";

    /// <summary>Writes the body of the layer's function.</summary>
    public void Write()
    {
        _writer.Add(
            $"""
            uint32_t *const tables = {_writer.Array(CType.UInt32, "tables", 64)};
            uint32_t (*const sums)[{SumWords}] = {_writer.Array(CType.UInt32, "sums", layer.GroupOutputs + 1, SumWords)};
            """
        );
        if (layer.Pool is null)
        {
            OverRows();
        }
        else
        {
            OverWindows(layer.Pool);
        }
    }

    /// <summary>The sums of all outputs at four positions, then something for each output.</summary>
    private string PerOutput(string body)
    {
        bool single = layer.Linear.Groups == 1;
        return $"""
            const IN_FLASH uint8_t *w = {layer.ByteWeights(outputsInside: true)};
            {layer.OverOutputs($"{Sums()}\n{(single ? "" : "uint32_t s = 0;")}", $"{body}\n{(single ? "" : "s++;")}")}
            """;
    }

    private string Sums()
    {
        string[] words = [.. Enumerable.Range(0, SumWords).Select(i => $"sums[s][{i}] = 0;")];
        string add = $"{_writer.Unit.Helper(_isWide ? "add_wide_sums" : "add_sums")}(tables, w, sums, {layer.GroupOutputs});",
            next = layer.FanIn > TableInputs || layer.Linear.Groups > 1 ? $"w += {layer.GroupOutputs};" : "";
        string last =
            layer.FanIn % TableInputs == 0
                ? ""
                : $$"""
                    for (; k < 8; k++) {
                    tables[48 + 2 * k] = 0;
                    tables[49 + 2 * k] = 0;
                    }
                    {{add}}
                    {{next}}
                    """;
        string gather = layer.OverInputs(
            $$"""
            tables[48 + 2 * k] = {{Code(0)}} | {{Code(1)}} << 16;
            tables[49 + 2 * k] = {{Code(2)}} | {{Code(3)}} << 16;
            if (++k == 8) {
            {{add}}
            {{next}}
            k = 0;
            }
            """
        );
        return $$"""
            for (uint32_t s = 0; s <= {{layer.GroupOutputs}}; s++) {
            {{string.Join("\n", words)}}
            }
            uint32_t k = 0;
            {{gather}}
            {{last}}
            """;
    }

    /// <summary>The input at one of the four positions.</summary>
    private string Code(int p) =>
        layer.IsPadded ? layer.PaddedCode($"start[{p}] + from", $"row[{p}] + i", $"column[{p}] + j") : $"(uint32_t)in[start[{p}] + from]";

    /// <summary>The sum of an output at one of the four positions.</summary>
    private string Sum(int p) =>
        _isWide
            ? $"(int32_t)(2 * sums[{Output}][{p}] - sums[{layer.GroupOutputs}][{p}])"
            : $"{_writer.Unit.Helper(p % 2 == 0 ? "low_sum" : "high_sum")}(sums[{Output}][{p / 2}], sums[{layer.GroupOutputs}][{p / 2}])";

    /// <summary>Where the inputs of position p begin.</summary>
    private string Place(string row, string column)
    {
        int stride = layer.Linear.Stride,
            padding = layer.Linear.Padding;
        return layer.IsPadded
            ? $"""
                row[p] = {LinearParts.Times(row, stride)} - {padding};
                column[p] = {LinearParts.Times(column, stride)} - {padding};
                start[p] = {LinearParts.Times("row[p]", layer.Input.Info.Width)} + column[p];
                """
            : $"start[p] = {LinearParts.Times(row, stride * layer.Input.Info.Width)} + {LinearParts.Times(column, stride)};";
    }

    private string Places => layer.IsPadded ? "row[4], column[4], start[4]" : "start[4]";

    /// <summary>Positions row by row, four at a time; the last one is repeated where four do not divide them.</summary>
    private void OverRows()
    {
        ValueInfo sums = layer.Sums;
        string stores = string.Join("\n", Enumerable.Range(0, Positions).Select(p => layer.Store($"n + at[{p}]", Sum(p), "o")));
        _writer.Add(
            $$"""
            uint32_t position = 0, y = 0, x = 0;
            while (position < {{sums.Area}}) {
            uint32_t at[4], {{Places}};
            for (uint32_t p = 0; p < 4; p++) {
            at[p] = y * {{sums.Width}} + x;
            {{Place("y", "x")}}
            if (++position < {{sums.Area}} && ++x == {{sums.Width}}) {
            x = 0;
            y++;
            }
            }
            uint32_t n = 0;
            {{PerOutput($"{stores}\nn += {sums.Area};")}}
            }
            """
        );
    }

    /// <summary>The windows of the pooling, four positions of each at a time.</summary>
    private void OverWindows(MaxPool pool)
    {
        ValueInfo output = _writer.Output.Info;
        int window = pool.Size * pool.Size;
        string larger = _writer.Unit.Helper("larger"),
            largest = string.Join(
                "\n",
                Enumerable.Range(0, Positions).Select(p => p == 0 ? $"int32_t sum = {Sum(0)};" : $"sum = {larger}(sum, {Sum(p)});")
            );
        string parts = "",
            end = "",
            each = $"{largest}\n{layer.Store("n", "sum", "o")}\nn += {output.Area};";
        string number = window <= Positions ? "p" : "part + p",
            index = window % Positions == 0 ? number : $"{number} < {window} ? {number} : {window - 1}";
        if (window > Positions)
        {
            CType type = CType.Of(layer.Sums);
            _writer.Add($"{type.Name} *const best = {_writer.Array(type, "best", layer.Linear.Outputs)};");
            each = $$"""
                {{largest}}
                if (part == 0 || sum > best[o]) {
                best[o] = {{(type == CType.Int32 ? "" : $"({type.Name})")}}sum;
                }
                """;
            parts = $"for (uint32_t part = 0; part < {window}; part += 4) {{";
            end = $$"""
                }
                for (uint32_t o = 0; o < {{layer.Linear.Outputs}}; o++) {
                {{layer.Store("n", "best[o]", "o")}}
                n += {{output.Area}};
                }
                """;
        }

        (string row, string column) = (LinearParts.Times("y", pool.Stride), LinearParts.Times("x", pool.Stride));
        if (pool.Size > 1)
        {
            string q = index == "p" ? "p" : "q";
            (row, column) = ($"({row} + {q} / {pool.Size})", $"({column} + {q} % {pool.Size})");
        }

        _writer.Add(
            $$"""
            uint32_t at = 0;
            for (uint32_t y = 0; y < {{output.Height}}; y++) {
            for (uint32_t x = 0; x < {{output.Width}}; x++) {
            uint32_t n = at++;
            {{parts}}
            uint32_t {{Places}};
            for (uint32_t p = 0; p < 4; p++) {
            {{(pool.Size == 1 || index == "p" ? "" : $"const uint32_t q = {index};")}}
            {{Place(row, column)}}
            }
            {{PerOutput(each)}}
            {{end}}
            }
            }
            """
        );
    }
}
