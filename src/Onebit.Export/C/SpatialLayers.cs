namespace Onebit.Export;

/// <summary>Layers of one operation that moves elements, or pools those of a window.</summary>
internal static class SpatialLayers
{
    public static void WriteMaxPool(LayerWriter writer)
    {
        var pool = (MaxPool)writer.Layer.Operations[0];
        string element = writer.Inputs[0].Load(writer.Unit, "at");
        OverWindows(
            writer,
            pool.Size,
            pool.Stride,
            "INT32_MIN",
            $$"""
            const int32_t x = {{element}};
            if (x > result) {
            result = x;
            }
            """
        );
    }

    public static void WriteSumPool(LayerWriter writer)
    {
        var pool = (SumPool)writer.Layer.Operations[0];
        OverWindows(writer, pool.Size, pool.Stride, "0", $"result += {writer.Inputs[0].Load(writer.Unit, "at")};");
    }

    public static void WriteUpsample(LayerWriter writer)
    {
        ValueInfo x = writer.Inputs[0].Info;
        writer.Add(
            $$"""
            uint32_t i = 0;
            for (uint32_t row = 0; row < {{2 * x.Channels * x.Height}}; row++) {
            for (uint32_t column = 0; column < {{2 * x.Width}}; column++) {
            const int32_t x = {{writer.Inputs[0].Load(writer.Unit, $"(row >> 1) * {x.Width} + (column >> 1)")}};
            {{writer.Output.Store(writer.Unit, "i", "x")}}
            i++;
            }
            }
            """
        );
    }

    public static void WriteSlice(LayerWriter writer)
    {
        var slice = (Slice)writer.Layer.Operations[0];
        writer.Add(
            $$"""
            for (uint32_t i = 0; i < {{slice.Shape.Count}}; i++) {
            const int32_t x = {{writer.Inputs[0].Load(writer.Unit, $"i + {slice.Start}")}};
            {{writer.Output.Store(writer.Unit, "i", "x")}}
            }
            """
        );
    }

    public static void WriteConcat(LayerWriter writer)
    {
        writer.Add("uint32_t i = 0;");
        foreach (CValue x in writer.Inputs)
        {
            writer.Add(
                $$"""
                for (uint32_t k = 0; k < {{x.Info.Count}}; k++) {
                const int32_t x = {{x.Load(writer.Unit, "k")}};
                {{writer.Output.Store(writer.Unit, "i", "x")}}
                i++;
                }
                """
            );
        }
    }

    private static void OverWindows(LayerWriter writer, int size, int stride, string start, string body)
    {
        ValueInfo x = writer.Inputs[0].Info,
            output = writer.Output.Info;
        writer.Add(
            $$"""
            uint32_t n = 0;
            for (uint32_t c = 0; c < {{output.Channels}}; c++) {
            for (uint32_t row = 0; row < {{output.Height}}; row++) {
            for (uint32_t column = 0; column < {{output.Width}}; column++) {
            uint32_t at = (c * {{x.Height}} + row * {{stride}}) * {{x.Width}} + column * {{stride}};
            int32_t result = {{start}};
            for (uint32_t i = 0; i < {{size}}; i++) {
            for (uint32_t j = 0; j < {{size}}; j++) {
            {{body}}
            at++;
            }
            {{(x.Width == size ? "" : $"at += {x.Width - size};")}}
            }
            {{writer.Output.Store(writer.Unit, "n", "result")}}
            n++;
            }
            }
            }
            """
        );
    }
}
