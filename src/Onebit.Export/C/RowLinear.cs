namespace Onebit.Export;

/// <summary>
/// A layer on codes, one or two rows at a time. Sums of four positions are made together, two in a word of 32 bits. Eight inputs make
/// two tables with the sums of all choices of four, and each output adds one entry of each. So an addition serves eight
/// multiply-accumulates.
/// </summary>
internal static class RowLinear
{
    public static void Write(LayerWriter writer, RowStep step)
    {
        var layer = new LinearParts(writer);
        CUnit unit = writer.Unit;
        Linear linear = layer.Linear;
        ValueInfo x = layer.Input.Info,
            output = writer.Output.Info;
        int sumWords = step.IsWide ? 4 : 2,
            stride = linear.Stride;
        string outputs = CUnit.Literal(linear.Outputs);
        string weights = layer.ByteWeights(outputsInside: true),
            add = $"{unit.Helper(step.IsWide ? "add_wide_sums" : "add_sums")}(tables, w, sums, {outputs});";
        string last =
            layer.FanIn % 8 == 0
                ? ""
                : $$"""
                    for (; input < tables + 64; input++) {
                    input[0] = 0;
                    }
                    if (some != 0) {
                    {{add}}
                    }
                    """;
        string next = layer.FanIn > 8 ? $"w += {outputs};" : "",
            more = layer.FanIn > 8 ? $"{next}\ninput = tables + 48;" : "";
        (string left, string right) = step.IsSquare
            ? ($"upper[j] | (uint32_t)upper[j + {stride}] << 16", $"lower[j] | (uint32_t)lower[j + {stride}] << 16")
            : ($"upper[j] | (uint32_t)upper[j + {stride}] << 16", $"upper[j + {2 * stride}] | (uint32_t)upper[j + {3 * stride}] << 16");
        string lower = step.IsSquare ? $"\nconst uint8_t *lower = rows[i + {stride}] + from;" : "";
        string gather = $$"""
            for (uint32_t i = 0; i < {{linear.KernelHeight}}; i++) {
            const uint8_t *upper = rows[i] + from;{{lower}}
            for (uint32_t j = 0; j < {{linear.KernelWidth}}; j++) {
            input[0] = {{left}};
            input[1] = {{right}};
            some |= input[0] | input[1];
            input += 2;
            if (input == tables + 64) {
            if (some != 0) {
            {{add}}
            some = 0;
            }
            {{more}}
            }
            }
            }
            """;
        int channelStride = unit.Layouts.TryGetValue(linear.Input, out RowLayout? from) ? from.ChannelStride : x.Area;
        if (x.Channels > 1)
        {
            gather = $$"""
                for (uint32_t c = 0; c < {{x.Channels}}; c++) {
                {{gather}}
                from += {{channelStride}};
                }
                """;
        }

        string firstRow = LinearParts.Times("step", step.Advance),
            place = from is null ? LinearParts.Times($"({firstRow} + i)", x.Width) : from.Row(unit, $"{firstRow} + i");
        (string places, int outputStride, string column) = Outputs(unit, step, output, writer.Layer.Output);
        int columns = step.Layer.Pool is not null ? output.Width : output.Width / (step.IsSquare ? 2 : 4),
            columnAdvance = stride * (step.IsSquare ? 2 : 4);
        writer.Add(
            $$"""
            uint32_t *const tables = {{writer.Array(CType.UInt32, "tables", 64)}};
            uint32_t (*const sums)[{{sumWords}}] = {{writer.Array(CType.UInt32, "sums", linear.Outputs + 1, sumWords)}};
            const uint8_t *rows[{{step.InputRows}}];
            for (uint32_t i = 0; i < {{step.InputRows}}; i++) {
            rows[i] = in + {{place}};
            }
            {{places}}
            for (uint32_t x = 0; x < {{columns}}; x++) {
            for (uint32_t o = 0; o <= {{outputs}}; o++) {
            {{string.Join("\n", Enumerable.Range(0, sumWords).Select(i => $"sums[o][{i}] = 0;"))}}
            }
            /* Inputs lie at the end of the second table until eight of them are there. Eight zeros add nothing. */
            uint32_t *input = tables + 48;
            uint32_t some = 0;
            const IN_FLASH uint8_t *w = {{weights}};
            uint32_t from = {{LinearParts.Times("x", columnAdvance)}};
            {{gather}}
            {{last}}
            uint32_t n = first + {{column}};
            for (uint32_t o = 0; o < {{outputs}}; o++) {
            {{End(layer, step)}}
            n += {{outputStride}};
            }
            }
            """
        );
    }

    /// <summary>Where the outputs of a step begin, the distance of two channels, and the column within a row.</summary>
    private static (string Places, int ChannelStride, string Column) Outputs(CUnit unit, RowStep step, ValueInfo output, int value)
    {
        string row = LinearParts.Times("step", step.Rows),
            column = step.Layer.Pool is not null ? "x"
            : step.IsSquare ? "x * 2"
            : "x * 4";
        if (!unit.Layouts.TryGetValue(value, out RowLayout? to))
        {
            string gap = step.Rows == 2 ? $"\nconst uint32_t gap = {output.Width};" : "";
            return ($"const uint32_t first = {LinearParts.Times(row, output.Width)};{gap}", output.Area, column);
        }

        string[] rows = [.. Enumerable.Range(to.Padding, step.Rows).Select(i => to.Row(unit, i == 0 ? row : $"{row} + {i}"))];
        string first = to.Padding == 0 ? rows[0] : $"{rows[0]} + {to.Padding}",
            distance = step.Rows == 2 ? $"\nconst uint32_t gap = {rows[1]} - {rows[0]};" : "";
        return ($"const uint32_t first = {first};{distance}", to.ChannelStride, column);
    }

    /// <summary>Pools and stores the four sums of an output.</summary>
    private static string End(LinearParts layer, RowStep step)
    {
        CUnit unit = layer.Writer.Unit;
        int all = layer.Linear.Outputs;
        string Sum(int p) =>
            step.IsWide
                ? $"(int32_t)(2 * sums[o][{p}] - sums[{all}][{p}])"
                : $"{unit.Helper(p % 2 == 0 ? "low_sum" : "high_sum")}(sums[o][{p / 2}], sums[{all}][{p / 2}])";
        if (step.Layer.Pool is not null)
        {
            string larger = unit.Helper("larger");
            IEnumerable<string> largest = Enumerable.Range(1, 3).Select(p => $"sum = {larger}(sum, {Sum(p)});");
            return $"int32_t sum = {Sum(0)};\n{string.Join("\n", largest)}\n{layer.Store("n", "sum", "o")}";
        }

        string[] places = step.IsSquare ? ["n", "n + 1", "n + gap", "n + gap + 1"] : ["n", "n + 1", "n + 2", "n + 3"];
        return string.Join("\n", places.Select((place, p) => layer.Store(place, Sum(p), "o")));
    }
}
