namespace Onebit.Export;

/// <summary>Layers of one operation that gives each element from one element, or a few, at the same place.</summary>
internal static class ElementwiseLayers
{
    /// <summary>Threshold, Quantize, Requantize, PiecewiseLinear or Scores that ends no layer with weights.</summary>
    public static void WriteEnd(LayerWriter writer)
    {
        CValue x = writer.Inputs[0];
        Func<string, string, string> end = ElementFunctions.Write(writer, writer.Layer.Operations[0], x.Info);
        OverChannels(writer, writer.Output.Store(writer.Unit, "i", end(x.Load(writer.Unit, "i"), "c")));
    }

    public static void WriteBitPlane(LayerWriter writer)
    {
        var plane = (BitPlane)writer.Layer.Operations[0];
        CValue x = writer.Inputs[0];
        string bit = x.Type.IsBits ? $"(int)({x.LoadBit(writer.Unit, "i")})" : $"({x.Name}[i] >> {plane.Bit} & 1)";
        OverElements(writer, writer.Output.Store(writer.Unit, "i", bit));
    }

    public static void WriteLookup(LayerWriter writer)
    {
        var lookup = (Lookup)writer.Layer.Operations[0];
        CValue x = writer.Inputs[0];
        string table = writer.Constants("table", lookup.Table.ToArray().Select(v => (long)v)),
            index = x.Type.IsBits ? x.LoadBit(writer.Unit, "i") : $"{x.Name}[i]";
        OverElements(writer, writer.Output.Store(writer.Unit, "i", $"{table}[{index}]"));
    }

    public static void WriteAdd(LayerWriter writer) =>
        OverElements(
            writer,
            writer.Output.Store(
                writer.Unit,
                "i",
                $"(int32_t){writer.Inputs[0].Load(writer.Unit, "i")} + {writer.Inputs[1].Load(writer.Unit, "i")}"
            )
        );

    public static void WritePositionalEmbedding(LayerWriter writer)
    {
        var embedding = (PositionalEmbedding)writer.Layer.Operations[0];
        CValue x = writer.Inputs[0];
        long[] words = new long[CType.Words(x.Info.Count)];
        for (int i = 0; i < embedding.Signs.Length; i++)
        {
            words[i / sizeof(uint)] |= (long)embedding.Signs.Span[i] << (8 * (i % sizeof(uint)));
        }

        string signs = writer.Unit.Array($"{writer.Name}_signs", CType.Bits, words, hexadecimal: true),
            multiplier = writer.PerChannel("multipliers", embedding.Multipliers.ToArray().Select(v => (long)v), "c");
        OverChannels(
            writer,
            $"""
            const int32_t number = {multiplier};
            const int32_t x = {x.Load(writer.Unit, "i")};
            {writer.Output.Store(writer.Unit, "i", $"(({signs}[i >> 5] >> (i & 31) & 1) != 0 ? x + number : x - number)")}
            """
        );
    }

    public static void WriteAddEmbedding(LayerWriter writer)
    {
        var embedding = (AddEmbedding)writer.Layer.Operations[0];
        (CValue x, CValue index) = (writer.Inputs[0], writer.Inputs[1]);
        int last = embedding.Table.Length / x.Info.Channels - 1;
        string table = writer.Constants("table", embedding.Table.ToArray().Select(v => (long)v));
        writer.Add(
            $"""
            const int32_t index = {index.Load(writer.Unit, CUnit.Literal(embedding.Element))};
            const uint32_t row = (uint32_t)(index < 0 ? 0 : index > {last} ? {last} : index) * {x.Info.Channels};
            """
        );
        OverChannels(writer, writer.Output.Store(writer.Unit, "i", $"(int32_t){x.Load(writer.Unit, "i")} + (int32_t){table}[row + c]"));
    }

    public static void WriteWeightedSum(LayerWriter writer)
    {
        var sum = (WeightedSum)writer.Layer.Operations[0];
        int terms = sum.Inputs.Length,
            channels = writer.Output.Info.Channels;
        var starts = new List<string>();
        var steps = new List<string>();
        // The whole sum fits into 32 bits. Terms and partial sums may not, and those of unsigned integers are defined all the same.
        var body = new List<string> { "uint32_t sum = 0;" };
        for (int t = 0; t < terms; t++)
        {
            CValue x = writer.Inputs[t];
            long[] multipliers = [.. sum.Multipliers.Span.Slice(t * channels, channels).ToArray().Select(v => (long)v)];
            int sharing = channels / x.Info.Channels;
            string at = "i";
            if (sharing > 1)
            {
                // Several outputs read the same channel.
                at = $"t{t} + p";
                starts.Add($"uint32_t t{t} = 0;");
                steps.Add(
                    x.Info.Channels == 1 ? ""
                    : (sharing & (sharing - 1)) == 0 ? $"t{t} += ((c + 1) & {sharing - 1}) == 0 ? {x.Info.Area} : 0;"
                    : $"t{t} += (c + 1) % {sharing} == 0 ? {x.Info.Area} : 0;"
                );
            }

            string multiplier = writer.PerChannel($"multipliers{t}", multipliers, "c"),
                element = $"(uint32_t){x.Load(writer.Unit, at)}";
            body.Add(
                multiplier switch
                {
                    "0" => "",
                    _ when multipliers.Distinct().Count() == 1 => $"sum += UINT32_C({(uint)multipliers[0]}) * {element};",
                    _ => $"sum += (uint32_t){multiplier} * {element};",
                }
            );
        }

        writer.Add(
            $$"""
            uint32_t i = 0;
            {{string.Join("\n", starts)}}
            for (uint32_t c = 0; c < {{channels}}; c++) {
            for (uint32_t p = 0; p < {{writer.Output.Info.Area}}; p++) {
            {{string.Join("\n", body)}}
            {{writer.Output.Store(writer.Unit, "i", "(int32_t)sum")}}
            i++;
            }
            {{string.Join("\n", steps)}}
            }
            """
        );
    }

    /// <summary>A loop over channels <c>c</c> and elements <c>i</c>.</summary>
    private static void OverChannels(LayerWriter writer, string body)
    {
        ValueInfo x = writer.Output.Info;
        if (
            !body.Contains("[c]", StringComparison.Ordinal)
            && !body.Contains(", c)", StringComparison.Ordinal)
            && !body.Contains("+ c]", StringComparison.Ordinal)
        )
        {
            OverElements(writer, body);
        }
        else if (x.Area == 1)
        {
            writer.Add($"for (uint32_t c = 0; c < {x.Channels}; c++) {{\nconst uint32_t i = c;\n{body}\n}}");
        }
        else
        {
            writer.Add(
                $$"""
                uint32_t i = 0;
                for (uint32_t c = 0; c < {{x.Channels}}; c++) {
                for (uint32_t p = 0; p < {{x.Area}}; p++) {
                {{body}}
                i++;
                }
                }
                """
            );
        }
    }

    private static void OverElements(LayerWriter writer, string body) =>
        writer.Add($"for (uint32_t i = 0; i < {writer.Output.Info.Count}; i++) {{\n{body}\n}}");
}
