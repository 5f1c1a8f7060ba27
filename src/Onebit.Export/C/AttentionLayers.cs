namespace Onebit.Export;

/// <summary>
/// Attention. Scores, softmax and sum are three functions where something else reads what is between them. Otherwise one function takes a
/// query of a head at a time, and stores the scores of that one alone.
/// </summary>
internal static class AttentionLayers
{
    /// <summary>Scores alone, or the whole of attention.</summary>
    public static void WriteScores(LayerWriter writer)
    {
        if (writer.Layer is FusedAttention attention)
        {
            WriteFused(writer, attention);
            return;
        }

        var scores = (AttentionScores)writer.Layer.Operations[0];
        ValueInfo q = writer.Inputs[0].Info,
            k = writer.Inputs[1].Info;
        string function = ScoreFunction(writer, scores, q, k);
        writer.Add(
            $$"""
            uint32_t n = 0;
            for (uint32_t h = 0; h < {{scores.Heads}}; h++) {
            for (uint32_t j = 0; j < {{k.Area}}; j++) {
            for (uint32_t i = 0; i < {{q.Area}}; i++) {
            {{writer.Output.Store(writer.Unit, "n", Call(writer, function, "h, i, j"))}}
            n++;
            }
            }
            }
            """
        );
    }

    /// <summary>Softmax alone.</summary>
    public static void WriteSoftmax(LayerWriter writer)
    {
        var softmax = (Softmax)writer.Layer.Operations[0];
        CValue x = writer.Inputs[0];
        int queries = x.Info.Area,
            keys = x.Info.Channels / softmax.Heads;
        string function = SoftmaxFunction(writer, softmax, keys);
        writer.Add(
            $$"""
            int32_t *const scores = {{writer.Array(CType.Int32, "scores", keys)}};
            uint8_t *const e = {{writer.Array(CType.UInt8, "exponentials", keys)}};
            for (uint32_t h = 0; h < {{softmax.Heads}}; h++) {
            for (uint32_t i = 0; i < {{queries}}; i++) {
            const uint32_t first = h * {{keys * queries}} + i;
            uint32_t at = first;
            for (uint32_t j = 0; j < {{keys}}; j++) {
            scores[j] = {{x.Load(writer.Unit, "at")}};
            at += {{queries}};
            }
            {{function}}(scores, e, h);
            at = first;
            for (uint32_t j = 0; j < {{keys}}; j++) {
            {{writer.Output.Store(writer.Unit, "at", "e[j]")}}
            at += {{queries}};
            }
            }
            }
            """
        );
    }

    /// <summary>The sum or mean of values alone.</summary>
    public static void WriteEnd(LayerWriter writer)
    {
        Operation end = writer.Layer.Operations[0];
        CValue p = writer.Inputs[0],
            v = writer.Inputs[1];
        int heads = HeadsOf(end),
            queries = p.Info.Area,
            keys = v.Info.Area;
        writer.Add(
            $$"""
            uint8_t *const e = {{writer.Array(CType.UInt8, "weights", keys)}};
            for (uint32_t h = 0; h < {{heads}}; h++) {
            for (uint32_t i = 0; i < {{queries}}; i++) {
            uint32_t at = h * {{keys * queries}} + i;
            for (uint32_t j = 0; j < {{keys}}; j++) {
            e[j] = (uint8_t){{(p.Type.IsBits ? p.LoadBit(writer.Unit, "at") : $"{p.Name}[at]")}};
            at += {{queries}};
            }
            {{EndText(writer, end, v, queries)}}
            }
            }
            """
        );
    }

    private static void WriteFused(LayerWriter writer, FusedAttention attention)
    {
        int queries = attention.Query.Area,
            keys = attention.Key.Area;
        string score = ScoreFunction(writer, attention.Scores, attention.Query, attention.Key),
            softmax = SoftmaxFunction(writer, attention.Softmax, keys);
        writer.Add(
            $$"""
            int32_t *const scores = {{writer.Array(CType.Int32, "scores", keys)}};
            uint8_t *const e = {{writer.Array(CType.UInt8, "exponentials", keys)}};
            for (uint32_t h = 0; h < {{attention.Scores.Heads}}; h++) {
            for (uint32_t i = 0; i < {{queries}}; i++) {
            for (uint32_t j = 0; j < {{keys}}; j++) {
            scores[j] = {{Call(writer, score, "h, i, j")}};
            }
            {{softmax}}(scores, e, h);
            {{EndText(writer, attention.End, writer.Inputs[2], queries)}}
            }
            }
            """
        );
    }

    private static string Call(LayerWriter writer, string function, string arguments) =>
        $"{function}({string.Join(", ", writer.Inputs.Take(2).Select(x => x.Name).Distinct())}, {arguments})";

    /// <summary>The score of one query and key. Of signs it follows from how many differ.</summary>
    private static string ScoreFunction(LayerWriter writer, AttentionScores scores, ValueInfo query, ValueInfo key)
    {
        CValue q = writer.Inputs[0],
            k = writer.Inputs[1];
        int depth = query.Channels / scores.Heads;
        string parameters = string.Join(", ", writer.Inputs.Take(2).DistinctBy(x => x.Name).Select(x => x.Declaration(isInput: true)));
        bool signs = query.Kind == ElementKind.Signs && key.Kind == ElementKind.Signs;
        string term = signs
            ? $"sum -= {q.LoadBit(writer.Unit, "a")} != {k.LoadBit(writer.Unit, "b")} ? 2 : 0;"
            : $"sum += {Centered(q.Load(writer.Unit, "a"), scores.QueryZero)} * {Centered(k.Load(writer.Unit, "b"), scores.KeyZero)};";
        writer
            .Unit.Text.Add(
                $$"""
                /* Query i times key j in head h. */
                static int32_t {{writer.Name}}_score_of({{parameters}}, uint32_t h, uint32_t i, uint32_t j) {
                uint32_t a = h * {{depth * query.Area}} + i, b = h * {{depth * key.Area}} + j;
                int32_t sum = {{(signs ? depth : 0)}};
                for (uint32_t c = 0; c < {{depth}}; c++) {
                {{term}}
                a += {{query.Area}};
                b += {{key.Area}};
                }
                return sum;
                }
                """
            )
            .Space();
        return $"{writer.Name}_score_of";
    }

    private static string Centered(string element, int zero) => zero == 0 ? $"(int32_t){element}" : $"((int32_t){element} - {zero})";

    /// <summary>From the scores of one query to exponentials, or to bits that say which of them reach their part of the sum.</summary>
    private static string SoftmaxFunction(LayerWriter writer, Softmax softmax, int keys)
    {
        ValueInfo x = writer.Unit.Model.Values[softmax.Input];
        bool narrow = writer.Unit.Model.AccumulatorBits(writer.IndexOf(softmax)) <= 32 && (long)x.Maximum - x.Minimum <= int.MaxValue;
        string wide = narrow ? "int32_t" : "int64_t",
            table = writer.Constants("table", softmax.Table.ToArray().Select(v => (long)v)),
            multiplier = writer.PerChannel("multipliers", softmax.Multipliers.ToArray().Select(v => (long)v), "h");
        int last = softmax.Table.Length - 1;
        bool hasThresholds = softmax.Thresholds.Length > 0;
        string threshold = hasThresholds ? writer.PerChannel("thresholds", softmax.Thresholds.ToArray().Select(v => (long)v), "h") : "";
        string ends = hasThresholds
            ? $$"""
                const {{wide}} limit = sum * {{CUnit.Literal(1L << softmax.ThresholdShift)}};
                for (uint32_t j = 0; j < {{keys}}; j++) {
                e[j] = ({{wide}})e[j] * {{threshold}} >= limit;
                }
                """
            : "";
        string product = multiplier == "1" ? $"({wide})largest - scores[j]" : $"(({wide})largest - scores[j]) * {multiplier}";
        string unused = $"{multiplier}{threshold}".Contains("[h]", StringComparison.Ordinal) ? "" : "(void)h;";
        writer
            .Unit.Text.Add(
                $$"""
                /* Softmax of the scores of one query in head h, without the division. */
                static void {{writer.Name}}_softmax(const int32_t *scores, uint8_t *e, uint32_t h) {
                {{unused}}
                int32_t largest = scores[0];
                for (uint32_t j = 1; j < {{keys}}; j++) {
                if (scores[j] > largest) {
                largest = scores[j];
                }
                }
                {{(hasThresholds ? $"{wide} sum = 0;" : "")}}
                for (uint32_t j = 0; j < {{keys}}; j++) {
                const {{wide}} entry = ({{product}}) >> {{ElementFunctions.Shift(softmax.Shift, wide)}};
                e[j] = {{table}}[entry < {{last}} ? entry : {{last}}];
                {{(hasThresholds ? "sum += e[j];" : "")}}
                }
                {{ends}}
                }
                """
            )
            .Space();
        return $"{writer.Name}_softmax";
    }

    /// <summary>From the weights <c>e</c> of query <c>i</c> in head <c>h</c> to its output.</summary>
    private static string EndText(LayerWriter writer, Operation end, CValue v, int queries)
    {
        int depth = v.Info.Channels / HeadsOf(end),
            keys = v.Info.Area;
        string element = v.Load(writer.Unit, "from"),
            start =
                $$"""
                    uint32_t from = h * {{depth * keys}}, to = h * {{depth * queries}} + i;
                    """;
        if (end is AttentionSum)
        {
            return $$"""
                {{start}}
                for (uint32_t c = 0; c < {{depth}}; c++) {
                int32_t sum = 0;
                for (uint32_t j = 0; j < {{keys}}; j++) {
                if (e[j] != 0) {
                sum += {{element}};
                }
                from++;
                }
                {{writer.Output.Store(writer.Unit, "to", "sum")}}
                to += {{queries}};
                }
                """;
        }

        int bits = ((AttentionMean)end).FractionBits;
        string wide = writer.Unit.Model.AccumulatorBits(writer.IndexOf(end)) > 32 ? "int64_t" : "int32_t",
            narrow = wide == "int64_t" ? "(int32_t)" : "";
        return $$"""
            {{wide}} total = 0;
            for (uint32_t j = 0; j < {{keys}}; j++) {
            total += e[j];
            }
            {{start}}
            for (uint32_t c = 0; c < {{depth}}; c++) {
            {{wide}} sum = 0;
            for (uint32_t j = 0; j < {{keys}}; j++) {
            sum += ({{wide}})e[j] * {{element}};
            from++;
            }
            /* sum / total, rounded half up. The division of C rounds towards 0. */
            const {{wide}} numerator = sum * {{2 << bits}} + total;
            {{wide}} mean = 0;
            if (total != 0) {
            mean = numerator / (2 * total);
            if (numerator < 0 && mean * 2 * total != numerator) {
            mean--;
            }
            }
            {{writer.Output.Store(writer.Unit, "to", $"{narrow}mean")}}
            to += {{queries}};
            }
            """;
    }

    private static int HeadsOf(Operation end) => end is AttentionSum sum ? sum.Heads : ((AttentionMean)end).Heads;
}
