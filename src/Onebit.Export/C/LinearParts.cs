namespace Onebit.Export;

/// <summary>What the three forms of a layer with weights share: its sizes, its weights, and the loops over positions.</summary>
internal sealed class LinearParts
{
    private readonly FusedLinear _layer;
    private readonly Func<string, string, string> _end;
    private bool _hasInputFunction;

    /// <param name="writer">The layer's function.</param>
    public LinearParts(LayerWriter writer)
    {
        Writer = writer;
        _layer = (FusedLinear)writer.Layer;
        Sums = writer.ValueOf(Linear);
        _end = ElementFunctions.Write(writer, _layer.Epilogue, Sums);
    }

    public LayerWriter Writer { get; }

    public Linear Linear => _layer.Linear;

    public MaxPool? Pool => _layer.Pool;

    public CValue Input => Writer.Inputs[0];

    /// <summary>The sums before pooling.</summary>
    public ValueInfo Sums { get; }

    public int FanIn => _layer.FanIn;

    public bool IsDense => _layer.IsDense;

    public int GroupOutputs => Linear.Outputs / Linear.Groups;

    public int GroupChannels => Input.Info.Channels / Linear.Groups;

    public bool IsPadded => Linear.Padding > 0;

    /// <summary>The weights of an output, packed into a byte for each eight inputs and for each output of a group.</summary>
    public string ByteWeights(bool outputsInside) =>
        Writer.Unit.Array($"{Writer.Name}_weights", CType.UInt8, Pack(8, outputsInside), hexadecimal: true);

    /// <summary>The weights of one output after another, in words of 32.</summary>
    public string WordWeights() => Writer.Unit.Array($"{Writer.Name}_weights", CType.Bits, Pack(32, false), hexadecimal: true);

    /// <summary>A statement that ends an output's sum and stores it.</summary>
    public string Store(string index, string sum, string output) => Writer.Output.Store(Writer.Unit, index, _end(sum, output));

    /// <summary>
    /// The loop over the outputs of a group. Groups follow one another, if there are several, and each begins with
    /// <paramref name="prepare"/>, where <c>at</c> is the index of its first input channel.
    /// </summary>
    public string OverOutputs(string prepare, string body)
    {
        int groupElements = GroupChannels * Input.Info.Area;
        return Linear.Groups == 1
            ? $$"""
                {{prepare}}
                for (uint32_t o = 0; o < {{Linear.Outputs}}; o++) {
                {{body}}
                }
                """
            : $$"""
                uint32_t o = 0;
                for (uint32_t first = 0; first < {{Input.Info.Count}}; first += {{groupElements}}) {
                {{prepare}}
                for (const uint32_t end = o + {{GroupOutputs}}; o < end; o++) {
                {{body}}
                }
                }
                """;
    }

    /// <summary>The index of a group's first input.</summary>
    public string FirstInput => Linear.Groups == 1 ? "0" : "first";

    /// <summary>Runs a body for each position of the sums, one at a time, and pools and stores what it gives.</summary>
    /// <param name="prepare">
    /// Runs once per position and group. <c>row</c> and <c>column</c> are the first input's; they wrap below 0.
    /// </param>
    /// <param name="sum">Statements that give <c>sum</c> of output <c>o</c>.</param>
    public void OverPositions(string prepare, string sum)
    {
        int stride = Linear.Stride;
        string start = IsPadded ? $" - {Linear.Padding}" : "";
        string Place(string row) => $"{Times(row, stride)}{start}";
        if (Pool is null)
        {
            bool single = Sums.Area == 1;
            string body = OverOutputs(prepare, $"{sum}\n{Store(single ? "o" : "n", "sum", "o")}\n{(single ? "" : $"n += {Sums.Area};")}");
            Writer.Add(
                single
                    ? IsDense
                        ? body
                        : $"const uint32_t row = {First}, column = {First};\n{body}"
                    : $$"""
                    uint32_t at = 0;
                    for (uint32_t y = 0; y < {{Sums.Height}}; y++) {
                    for (uint32_t x = 0; x < {{Sums.Width}}; x++) {
                    const uint32_t row = {{Place("y")}}, column = {{Place("x")}};
                    uint32_t n = at++;
                    {{body}}
                    }
                    }
                    """
            );
            return;
        }

        CType type = CType.Of(Sums);
        string best = Writer.Array(type, "best", Linear.Outputs);
        ValueInfo output = Writer.Output.Info;
        string pooled = OverOutputs(
            prepare,
            $$"""
            {{sum}}
            if (window == 0 || sum > best[o]) {
            best[o] = {{(type == CType.Int32 ? "sum" : $"({type.Name})sum")}};
            }
            """
        );
        Writer.Add(
            $$"""
            {{type.Name}} *const best = {{best}};
            uint32_t at = 0;
            for (uint32_t y = 0; y < {{output.Height}}; y++) {
            for (uint32_t x = 0; x < {{output.Width}}; x++) {
            uint32_t window = 0;
            for (uint32_t i = 0; i < {{Pool.Size}}; i++) {
            for (uint32_t j = 0; j < {{Pool.Size}}; j++) {
            const uint32_t row = {{Place($"({Times("y", Pool.Stride)} + i)")}};
            const uint32_t column = {{Place($"({Times("x", Pool.Stride)} + j)")}};
            {{pooled}}
            window++;
            }
            }
            uint32_t n = at++;
            for (uint32_t o = 0; o < {{Linear.Outputs}}; o++) {
            {{Store("n", "best[o]", "o")}}
            n += {{output.Area}};
            }
            }
            }
            """
        );
    }

    /// <summary>
    /// A loop over the inputs of one position and group: channel, kernel row, kernel column.
    /// </summary>
    /// <param name="body">
    /// Runs for each input. Its index is <c>from</c> beyond that of the position's first input. In padded layers its row and column are
    /// <c>i</c> and <c>j</c> beyond the position's.
    /// </param>
    public string OverInputs(string body)
    {
        ValueInfo x = Input.Info;
        (int kh, int kw) = (Linear.KernelHeight, Linear.KernelWidth);
        string columns =
            kw == 1 && !IsPadded
                ? $"{body}\nfrom++;"
                : $$"""
                    for (uint32_t j = 0; j < {{kw}}; j++) {
                    {{body}}
                    from++;
                    }
                    """;
        string rows =
            kh == 1 && !IsPadded
                ? $"{columns}\n{Step(x.Width - kw)}"
                : $$"""
                    for (uint32_t i = 0; i < {{kh}}; i++) {
                    {{columns}}
                    {{Step(x.Width - kw)}}
                    }
                    """;
        string nextChannel = Step((x.Height - kh) * x.Width);
        string all =
            GroupChannels == 1
                ? rows
                : $$"""
                    for (uint32_t c = 0; c < {{GroupChannels}}; c++) {
                    {{rows}}
                    {{nextChannel}}
                    }
                    """;
        return $"uint32_t from = {FirstInput};\n{all}";
    }

    /// <summary>An input of a padded layer; 0 outside of the image.</summary>
    /// <param name="index">Its index, of no meaning outside.</param>
    /// <param name="row">Its row.</param>
    /// <param name="column">Its column.</param>
    public string PaddedCode(string index, string row, string column)
    {
        string name = $"{Writer.Name}_input";
        if (!_hasInputFunction)
        {
            _hasInputFunction = true;
            string code = Input.Type.IsBits ? Input.LoadBit(Writer.Unit, "at") : $"(uint32_t){Input.Name}[at]";
            Writer
                .Unit.Text.Add(
                    $$"""
                    /* The input at a row and column, and 0 outside. What is before the first one has wrapped to a large number. */
                    static uint32_t {{name}}({{Input.Declaration(isInput: true)}}, uint32_t at, uint32_t row, uint32_t column) {
                    return row < {{Input.Info.Height}} && column < {{Input.Info.Width}} ? {{code}} : 0;
                    }
                    """
                )
                .Space();
        }

        return $"{name}({Input.Name}, {index}, {row}, {column})";
    }

    /// <summary>The index of a position's first input in the first channel.</summary>
    public string Start => $"const uint32_t start = {Times("row", Input.Info.Width)} + column;";

    private static string Step(int elements) =>
        elements > 0 ? $"from += {elements};"
        : elements < 0 ? $"from -= {-elements};"
        : "";

    /// <summary>A product with a constant.</summary>
    public static string Times(string x, int factor) =>
        factor == 1
            ? x.Trim('(', ')') is var bare && x == $"({bare})"
                ? bare
                : x
            : $"{x} * {factor}";

    /// <summary>The first row and the first column of the inputs of position 0.</summary>
    private string First => IsPadded ? $"(uint32_t)-{Linear.Padding}" : "0";

    /// <summary>Weights packed into units of some bits, an output after another or, where they are inside, all outputs of a unit.</summary>
    private long[] Pack(int bits, bool outputsInside)
    {
        ReadOnlySpan<byte> weights = Linear.Weights.Span;
        int units = (FanIn + bits - 1) / bits;
        long[] packed = new long[(long)Linear.Outputs * units];
        for (int o = 0; o < Linear.Outputs; o++)
        {
            (int group, int k) = (o / GroupOutputs, o % GroupOutputs);
            for (int i = 0; i < FanIn; i++)
            {
                long bit = (long)o * FanIn + i;
                int place = Writer.Unit.Columns.Place(_layer, i),
                    unit = place / bits;
                long at = outputsInside ? ((long)group * units + unit) * GroupOutputs + k : (long)o * units + unit;
                packed[at] |= (long)(weights[(int)(bit / 8)] >> (int)(bit % 8) & 1) << (place % bits);
            }
        }

        return packed;
    }
}
