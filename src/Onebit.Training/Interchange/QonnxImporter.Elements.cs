namespace Onebit.Training;

/// <content>Constants, arithmetic and quantization.</content>
public sealed partial class QonnxImporter
{
    private OnnxTensor ShapeOf(OnnxNode node)
    {
        double[] sides = Input(node, 0) switch
        {
            OnnxTensor tensor => [.. tensor.Dimensions.Select(d => (double)d)],
            ImportedValue { IsFlat: true } value => [1, value.Info.Count],
            ImportedValue value => [1, value.Info.Channels, value.Info.Height, value.Info.Width],
            _ => [],
        };
        return new OnnxTensor([sides.Length], sides);
    }

    private OnnxTensor Gathered(OnnxNode node, OnnxTensor data)
    {
        double[] indices = Constant(node, 1).Values;
        return data.Dimensions.Length == 1 && indices.All(i => i >= 0 && i < data.Values.Length)
            ? new OnnxTensor([indices.Length], [.. indices.Select(i => data.Values[(int)i])])
            : throw Refusal("it must read a list of numbers, within the list");
    }

    private OnnxTensor Joined(OnnxNode node)
    {
        double[] all = [.. Enumerable.Range(0, node.Inputs.Count).SelectMany(i => Constant(node, i).Values)];
        return new OnnxTensor([all.Length], all);
    }

    private ImportedValue Flattened(OnnxNode node, ImportedValue value)
    {
        bool isFlat =
            node.Operation == "Flatten"
                ? Attribute(node, "axis", 1) == 1
                : Constant(node, 1).Values is [0 or 1 or -1, double count] && (count == -1 || count == value.Info.Count);
        return isFlat ? Plain(value) with { IsFlat = true } : throw Refusal("values may only be flattened to images x elements");
    }

    private static OnnxTensor Transposed(OnnxNode node, OnnxTensor tensor)
    {
        if (tensor.Dimensions is not [int rows, int columns] || Attributes(node, "perm", 1, 0) is not [1, 0])
        {
            throw Refusal("only matrices of weights may be transposed");
        }

        double[] values = new double[tensor.Values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i % columns * rows + i / columns] = tensor.Values[i];
        }

        return new OnnxTensor([columns, rows], values);
    }

    private OnnxValue Arithmetic(OnnxNode node)
    {
        (OnnxValue left, OnnxValue right) = (Input(node, 0), Input(node, 1));
        switch (left, right)
        {
            case (OnnxTensor a, OnnxTensor b):
                OnnxTensor longer = a.Values.Length >= b.Values.Length ? a : b;
                if (a.Values.Length != b.Values.Length && Math.Min(a.Values.Length, b.Values.Length) != 1)
                {
                    throw Refusal("constants of different shapes are not combined");
                }

                return new OnnxTensor(
                    longer.Dimensions,
                    [
                        .. Enumerable
                            .Range(0, longer.Values.Length)
                            .Select(i => Combined(node, a.Values[i % a.Values.Length], b.Values[i % b.Values.Length])),
                    ]
                );
            case (ImportedValue value, OnnxTensor constant):
                return Mapped(
                    value,
                    constant,
                    c =>
                        node.Operation switch
                        {
                            "Add" => new Affine(1, 0, c),
                            "Sub" => new Affine(1, c, 0),
                            "Mul" => new Affine(c, 0, 0),
                            "Div" when c != 0 => new Affine(1 / c, 0, 0),
                            _ => throw Refusal("values may be added to and multiplied by constants alone"),
                        }
                );
            case (OnnxTensor constant, ImportedValue value):
                return Mapped(
                    value,
                    constant,
                    c =>
                        node.Operation switch
                        {
                            "Add" => new Affine(1, 0, c),
                            "Sub" => new Affine(-1, 0, c),
                            "Mul" => new Affine(c, 0, 0),
                            _ => throw Refusal("a constant is not divided by values"),
                        }
                );
            case (ImportedValue a, ImportedValue b) when node.Operation == "Add":
                return Added(a, b);
            default:
                throw Refusal("two values are added, and not combined otherwise");
        }
    }

    /// <summary>The sum of two values: their integers, each times the whole number that its factor is of a common step.</summary>
    private ImportedValue Added(ImportedValue a, ImportedValue b)
    {
        (a, b) = (Plain(a), Plain(b));
        int channels = a.Info.Channels;
        if ((channels, a.Info.Height, a.Info.Width, a.IsFlat) != (b.Info.Channels, b.Info.Height, b.Info.Width, b.IsFlat))
        {
            throw Refusal("values of different shapes are not added");
        }

        int[] multipliers = new int[2 * channels];
        Affine[] affines = new Affine[channels];
        for (int c = 0; c < channels; c++)
        {
            (multipliers[c], multipliers[channels + c], double step) = CommonStep(a.Affines[c].Factor, b.Affines[c].Factor);
            affines[c] = new Affine(step, 0, a.Affines[c].At(0) + b.Affines[c].At(0));
        }

        int index = _model.Append(
            multipliers.All(m => m == 1) ? new Add(a.Index, b.Index) : new WeightedSum(new[] { a.Index, b.Index }, multipliers)
        );
        return New(index, affines, a.IsFlat);
    }

    private static (int First, int Second, double Step) CommonStep(double first, double second)
    {
        const int MaxDivisor = 1024;
        if (first == 0 || second == 0)
        {
            double other = first + second;
            return (first == 0 ? 0 : 1, second == 0 ? 0 : 1, other == 0 ? 1 : other);
        }

        for (int divisor = 1; divisor <= MaxDivisor; divisor++)
        {
            // The smaller factor is so many steps, and the larger one a whole number of them.
            double step = (Math.Abs(first) < Math.Abs(second) ? first : second) / divisor;
            if (IsMultiplier(first / step) && IsMultiplier(second / step))
            {
                return ((int)Math.Round(first / step), (int)Math.Round(second / step), step);
            }
        }

        throw Refusal("the scales of the two values are no whole multiples of a common one");
    }

    private static double Combined(OnnxNode node, double a, double b)
    {
        double result = node.Operation switch
        {
            "Add" => a + b,
            "Sub" => a - b,
            "Mul" => a * b,
            "Div" => a / b,
            _ => Math.Pow(a, b),
        };
        return double.IsFinite(result) ? result : throw Refusal("its result is no number");
    }

    private static ImportedValue Mapped(ImportedValue value, OnnxTensor constant, Func<double, Affine> map)
    {
        int channels = value.Info.Channels,
            count = constant.Values.Length;
        bool perChannel = count == channels && (value.IsFlat ? value.Info.Area == 1 : constant.Dimensions is [.., 1, 1] || channels == 1);
        return count == 1 || perChannel
            ? With(value, c => map(constant.Values[count == 1 ? 0 : c]))
            : throw Refusal($"a constant must be one number, or one for each of {channels} channels");
    }

    private static ImportedValue With(ImportedValue value, Func<int, Affine> next) =>
        Plain(value) with
        {
            // The mean stays, so that whole numbers stay whole.
            Affines = [.. value.Affines.Select((a, c) => Composed(a, next(c)))],
        };

    private static Affine Composed(Affine a, Affine next) =>
        new(next.Factor * a.Factor, a.Mean, next.Factor * (a.Offset - next.Mean) + next.Offset);

    private ImportedValue Normalized(OnnxNode node)
    {
        ImportedValue value = Value(node, 0);
        double[][] parameters = [.. Enumerable.Range(1, 4).Select(i => Constant(node, i).Values)];
        double epsilon = node.Attributes.TryGetValue("epsilon", out object? e) && e is double given ? given : 1e-5;
        if (parameters.Any(p => p.Length != value.Info.Channels) || parameters[3].Any(v => v + epsilon <= 0))
        {
            throw Refusal($"it needs four numbers for each of {value.Info.Channels} channels, and variances above 0");
        }

        return With(value, c => new Affine(parameters[0][c] / Math.Sqrt(parameters[3][c] + epsilon), parameters[2][c], parameters[1][c]));
    }

    private OnnxTensor Signs(OnnxNode node, OnnxTensor weights)
    {
        double scale = Scale(node);
        return weights with { Values = Array.ConvertAll(weights.Values, w => w >= 0 ? scale : -scale) };
    }

    private double Scale(OnnxNode node) => Number(node, 1) is > 0 and var scale ? scale : throw Refusal("its scale must be above 0");

    private ImportedValue Thresholded(OnnxNode node, ImportedValue value)
    {
        double scale = Scale(node);
        (int Threshold, bool Flipped)[] channels =
        [
            .. Plain(value).Affines.Select(a => a.ToThreshold(value.Info.Minimum, value.Info.Maximum)),
        ];
        var operation = new Threshold(
            value.Index,
            Array.ConvertAll(channels, c => c.Threshold),
            Array.ConvertAll(channels, c => c.Flipped)
        );
        return New(_model.Append(operation), new Affine(scale, 0, 0), value.IsFlat);
    }

    /// <summary>Scale, zero, and the range and rounding of codes.</summary>
    private (double Scale, double Zero, int Lowest, int Highest, Func<double, double> Round) Quantization(OnnxNode node)
    {
        double bits = Number(node, 3);
        if (bits is not (1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 16))
        {
            throw Refusal("a quantization has 1 to 8 whole bits, or 16");
        }

        bool isSigned = Attribute(node, "signed", 1) != 0;
        int narrow = Attribute(node, "narrow", 0) != 0 ? 1 : 0,
            half = 1 << ((int)bits - 1);
        (int lowest, int highest) = isSigned ? (-half + narrow, half - 1) : (0, 2 * half - 1 - narrow);
        object rounding = node.Attributes.GetValueOrDefault("rounding_mode", "ROUND");
        return (
            Scale(node),
            Number(node, 2),
            lowest,
            highest,
            rounding switch
            {
                "ROUND" => x => Math.Round(x, MidpointRounding.ToEven),
                "FLOOR" => Math.Floor,
                "CEIL" => Math.Ceiling,
                _ => throw Refusal("rounding is ROUND, FLOOR or CEIL"),
            }
        );
    }

    private OnnxTensor Levels(OnnxNode node, OnnxTensor weights)
    {
        // One scale per output is allowed for weights.
        (double zero, double bits) = (Number(node, 2), Number(node, 3));
        double[] scales = Constant(node, 1).Values;
        int perScale = scales.Length > 0 && weights.Values.Length % scales.Length == 0 ? weights.Values.Length / scales.Length : 0;
        if (zero != 0 || bits is not (1 or 2) || perScale == 0 || (scales.Length > 1 && scales.Length != weights.Dimensions[0]))
        {
            throw Refusal("weights have 1 or 2 bits, no zero point, and one scale, or one for each output");
        }

        (_, _, int lowest, int highest, Func<double, double> round) = scales.Length == 1 ? Quantization(node) : PerOutput(node);
        return weights with
        {
            Values =
            [
                .. weights.Values.Select((w, i) => Math.Clamp(round(w / scales[i / perScale]), lowest, highest) * scales[i / perScale]),
            ],
        };
    }

    private (double Scale, double Zero, int Lowest, int Highest, Func<double, double> Round) PerOutput(OnnxNode node)
    {
        double[] scales = Constant(node, 1).Values;
        if (scales.Any(s => s <= 0))
        {
            throw Refusal("its scales must be above 0");
        }

        _values["\0scale"] = new OnnxTensor([], [1]);
        return Quantization(node with { Inputs = [node.Inputs[0], "\0scale", node.Inputs[2], node.Inputs[3]] });
    }

    private ImportedValue Quantized(OnnxNode node, ImportedValue value)
    {
        (double scale, double zero, int lowest, int highest, Func<double, double> round) = Quantization(node);
        int bits = (int)Number(node, 3),
            levels = (1 << bits) - 1;
        ValueInfo info = value.Info;
        var meaning = new Affine(scale, 0, (lowest - zero) * scale);
        int Code(int channel, long integer) => (int)Math.Clamp(round(value.At(channel, integer) / scale + zero), lowest, highest) - lowest;
        if (value.Padding > 0)
        {
            throw Refusal("padding must be followed by a layer");
        }

        if (value.Index == 0 && Enumerable.Range(0, 256).All(code => Enumerable.Range(0, info.Channels).All(c => Code(c, code) == code)))
        {
            return New(0, meaning, value.IsFlat);
        }

        if (_awaitsBits)
        {
            _awaitsBits = false;
            return New(0, meaning, value.IsFlat);
        }

        if (bits >= 8)
        {
            Affine[] affines = [.. value.Affines.Select(a => Composed(a, new Affine(1 / scale, 0, zero)))];
            return bits == 8
                ? New(_model.Append(EightBits(node, value, affines, lowest, Code)), meaning, value.IsFlat)
                : New(_model.Append(SixteenBits(node, value, affines, lowest, highest)), new Affine(scale, 0, -zero * scale), value.IsFlat);
        }

        int[] thresholds = new int[info.Channels * levels];
        bool[] flipped = new bool[info.Channels];
        for (int c = 0; c < info.Channels; c++)
        {
            flipped[c] = Code(c, info.Maximum) < Code(c, info.Minimum);
            for (int j = 1; j <= levels; j++)
            {
                // The first integer that reaches the level, or where flipped falls below it.
                int level = j;
                thresholds[c * levels + j - 1] = (int)
                    Math.Min(int.MaxValue, First(info, x => flipped[c] ? Code(c, x) <= levels - level : Code(c, x) >= level));
            }
        }

        return New(_model.Append(new Quantize(value.Index, bits, thresholds, flipped)), meaning, value.IsFlat);
    }

    /// <summary>
    /// The first integer of a range for which a condition holds that holds for all larger ones; else the one behind the range.
    /// </summary>
    private static long First(ValueInfo info, Func<long, bool> holds)
    {
        (long low, long high) = (info.Minimum, (long)info.Maximum + 1);
        while (low < high)
        {
            long middle = low + (high - low) / 2;
            (low, high) = holds(middle) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>Fixed point that gives every code of every channel; checked at all steps.</summary>
    private static Requantize EightBits(OnnxNode node, ImportedValue value, Affine[] affines, int lowest, Func<int, long, int> code)
    {
        double half = node.Attributes.GetValueOrDefault("rounding_mode", "ROUND") is "ROUND" ? 0.5 : 0;
        Affine[] moved = [.. affines.Select(a => a with { Offset = a.Offset + half - lowest })];
        (int[] multipliers, long[] offsets, int shift) = Exactly(moved) ?? Affine.ToFixedPoint(moved, round: false, bits: 30);
        for (int c = 0; c < multipliers.Length; c++)
        {
            long Packed(long x) => Math.Clamp((multipliers[c] * x + offsets[c]) >> shift, 0, byte.MaxValue);
            bool rises = affines[c].Factor >= 0;
            for (int j = 1; j <= byte.MaxValue; j++)
            {
                long level = j;
                if (First(value.Info, x => code(c, x) >= level == rises) != First(value.Info, x => Packed(x) >= level == rises))
                {
                    throw Refusal(
                        $"integers do not give its codes of 8 bits in channel {c}; it must not be narrow, nor round exact halves to even"
                    );
                }
            }
        }

        return new Requantize(value.Index, multipliers, offsets, shift, 8);
    }

    /// <summary>The integers of a residual path.</summary>
    private static Requantize SixteenBits(OnnxNode node, ImportedValue value, Affine[] affines, int lowest, int highest) =>
        (lowest, highest) == (short.MinValue, short.MaxValue)
        && node.Attributes.GetValueOrDefault("rounding_mode") is "FLOOR"
        && !value.IsRectified
        && Exactly(affines) is var (multipliers, offsets, shift)
            ? new Requantize(value.Index, multipliers, offsets, shift, 16)
            : throw Refusal("values of 16 bits must be signed, not narrow, rounded down, and of scales that fixed point holds exactly");
}
