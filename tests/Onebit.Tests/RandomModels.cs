using CsCheck;

namespace Onebit.Tests;

/// <summary>Models at random: any operations in any order that fit, on small images of odd shapes.</summary>
internal static class RandomModels
{
    public static readonly Gen<BitModel> Gen = CsCheck.Gen.Int.Select(seed => Create(new Random(seed)));

    public static byte[] Image(BitModel model, Random random)
    {
        var pixels = new byte[model.Values[0].Count];
        random.NextBytes(pixels);
        return pixels;
    }

    public static BitModel Create(Random random)
    {
        int bits = random.Next(2) == 0 ? 1 : 8;
        var input = new ModelInput(
            random.Next(1, 5),
            random.Next(1, 12),
            random.Next(1, 12),
            bits,
            (byte)(bits == 1 ? random.Next(1, 256) : 0)
        );
        var operations = new List<Operation>();
        var shapes = new List<Shape> { new(input.Channels, input.Height, input.Width, ElementKind.Codes) };
        for (int i = random.Next(7); i > 0; i--)
        {
            Extend(random, input, operations, shapes);
        }

        // Any value leads to scores: to signs or codes, over a kernel that covers them, to classes.
        if (shapes[^1].Kind == ElementKind.Integers)
        {
            Append(
                random.Next(2) == 0 ? Threshold(random, operations.Count, shapes[^1]) : Requantize(random, operations.Count, shapes[^1], 8)
            );
        }

        Shape last = shapes[^1];
        int classes = random.Next(2, 12);
        operations.Add(
            new Linear(operations.Count, classes, last.Height, last.Width, 1, 0, 1, Build.Weights(random, classes * last.Count))
        );
        operations.Add(
            new Scores(
                operations.Count,
                Build.Many(classes, () => Multiplier(random)),
                TrailingZeroBits(random, Build.Many(classes, () => Offset(random))),
                random.Next(63)
            )
        );
        string[]? names = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, classes).Select(c => $"{"aß猫"[random.Next(3)]}{c}")];
        return new BitModel(input, operations, names);

        void Append(Operation operation)
        {
            operations.Add(operation);
            shapes.Add(shapes[^1] with { Kind = operation is Threshold ? ElementKind.Signs : ElementKind.Codes });
        }
    }

    private static void Extend(Random random, ModelInput input, List<Operation> operations, List<Shape> shapes)
    {
        // Mostly the last value, sometimes an earlier one.
        int value = random.Next(4) == 0 ? random.Next(shapes.Count) : shapes.Count - 1;
        Shape x = shapes[value];
        switch (random.Next(21))
        {
            case 0:
                operations.Add(Threshold(random, value, x));
                shapes.Add(x with { Kind = ElementKind.Signs });
                break;
            case 1:
                int outputBits = random.Next(2) == 0 ? 8 : 16;
                operations.Add(Requantize(random, value, x, outputBits));
                shapes.Add(x with { Kind = outputBits == 8 ? ElementKind.Codes : ElementKind.Integers });
                break;
            case 2:
            case 3:
                int size = random.Next(1, Math.Min(4, Math.Min(x.Height, x.Width) + 1)),
                    stride = random.Next(1, 4);
                bool max = random.Next(2) == 0;
                operations.Add(max ? new MaxPool(value, size, stride) : new SumPool(value, size, stride));
                shapes.Add(
                    new Shape(
                        x.Channels,
                        (x.Height - size) / stride + 1,
                        (x.Width - size) / stride + 1,
                        max || x.Kind == ElementKind.Codes ? x.Kind : ElementKind.Integers
                    )
                );
                break;
            case 4:
                int[] same = [.. Enumerable.Range(0, shapes.Count).Where(i => shapes[i] with { Kind = x.Kind } == x)];
                operations.Add(new Add(value, same[random.Next(same.Length)]));
                shapes.Add(x with { Kind = ElementKind.Integers });
                break;
            case 5:
                Combine(random, input, operations, shapes, x);
                break;
            case 6:
            case 7:
                operations.Add(Quantize(random, value, x));
                shapes.Add(x with { Kind = ElementKind.Codes });
                break;
            case 8:
                operations.Add(PiecewiseLinear(random, value, x));
                shapes.Add(x with { Kind = ElementKind.Integers });
                break;
            case 9 or 10 when x.Kind == ElementKind.Codes:
                operations.Add(new BitPlane(value, random.Next(Values(input, operations)[value].Bits)));
                shapes.Add(x with { Kind = ElementKind.Signs });
                break;
            case 14:
                int[] alike =
                [
                    .. Enumerable
                        .Range(0, shapes.Count)
                        .Where(i => shapes[i] with { Channels = x.Channels } == x && shapes[i].Channels < 32),
                ];
                int[] joined =
                [
                    value,
                    .. Build.Many(random.Next(1, 3), () => alike.Length == 0 ? value : alike[random.Next(alike.Length)]),
                ];
                operations.Add(new Concat(joined));
                shapes.Add(x with { Channels = joined.Sum(i => shapes[i].Channels) });
                break;
            case 15 when x.Height * x.Width < 150:
                operations.Add(new Upsample(value));
                shapes.Add(x with { Height = 2 * x.Height, Width = 2 * x.Width });
                break;
            case 16 when x.Kind == ElementKind.Codes && Values(input, operations)[value].Bits is var k and <= 8:
                var table = new byte[1 << k];
                random.NextBytes(table);
                operations.Add(new Lookup(value, table));
                shapes.Add(x);
                break;
            case 17 when x.Height * x.Width < 40:
                Attend(random, input, operations, shapes, value);
                break;
            case 18:
                var embedding = new PositionalEmbedding(
                    value,
                    Build.Weights(random, x.Count),
                    Build.Many(x.Channels, () => random.Next(-99, 99))
                );
                operations.Add(embedding);
                shapes.Add(x with { Kind = ElementKind.Integers });
                break;
            case 19:
                var part = new Onebit.Shape(random.Next(1, x.Channels + 1), random.Next(1, x.Height + 1), random.Next(1, x.Width + 1));
                operations.Add(new Slice(value, random.Next(x.Count - part.Count + 1), part));
                shapes.Add(new Shape(part.Channels, part.Height, part.Width, x.Kind));
                break;
            case 20:
                int index = random.Next(shapes.Count);
                int[] rows = Build.Many(x.Channels * random.Next(1, 5), () => random.Next(-99, 99));
                operations.Add(new AddEmbedding(value, index, random.Next(shapes[index].Count), rows));
                shapes.Add(x with { Kind = ElementKind.Integers });
                break;
            case 11 when x.Kind != ElementKind.Integers && SharedWeights(random, operations, shapes, x) is { } linear:
                operations.Add(linear with { Input = value });
                shapes.Add(Output(linear, x));
                break;
            case var _ when x.Kind != ElementKind.Integers:
                Convolve(random, value, x, operations, shapes);
                break;
        }
    }

    private static void Convolve(Random random, int value, Shape x, List<Operation> operations, List<Shape> shapes)
    {
        int[] divisors = [.. Enumerable.Range(1, x.Channels).Where(d => x.Channels % d == 0)];
        int groups = divisors[random.Next(divisors.Length)];
        int outputs = groups * random.Next(1, 5);
        int padding = random.Next(3),
            stride = random.Next(1, 4);
        int height = random.Next(1, x.Height + 2 * padding + 1),
            width = random.Next(1, x.Width + 2 * padding + 1);
        operations.Add(
            new Linear(
                value,
                outputs,
                height,
                width,
                stride,
                padding,
                groups,
                Build.Weights(random, outputs * (x.Channels / groups) * height * width)
            )
        );
        shapes.Add(Output((Linear)operations[^1], x));
    }

    private static Shape Output(Linear linear, Shape x) =>
        new(
            linear.Outputs,
            (x.Height + 2 * linear.Padding - linear.KernelHeight) / linear.Stride + 1,
            (x.Width + 2 * linear.Padding - linear.KernelWidth) / linear.Stride + 1,
            ElementKind.Integers
        );

    /// <summary>A layer before that can read the value too.</summary>
    private static Linear? SharedWeights(Random random, List<Operation> operations, List<Shape> shapes, Shape x)
    {
        Linear[] fitting =
        [
            .. operations
                .OfType<Linear>()
                .Where(l =>
                    shapes[l.Input].Channels == x.Channels
                    && l.KernelHeight <= x.Height + 2 * l.Padding
                    && l.KernelWidth <= x.Width + 2 * l.Padding
                ),
        ];
        return fitting.Length == 0 ? null : fitting[random.Next(fitting.Length)];
    }

    /// <summary>
    /// Values of this height and width, some of them of fewer channels, with factors that keep the sum small enough for what follows.
    /// </summary>
    private static void Combine(Random random, ModelInput input, List<Operation> operations, List<Shape> shapes, Shape x)
    {
        const double MaxSum = 1 << 20;
        int channels = random.Next(3) == 0 ? x.Channels * random.Next(1, 20) : x.Channels,
            terms = random.Next(1, 5);
        int[] fitting =
        [
            .. Enumerable
                .Range(0, shapes.Count)
                .Where(i => (shapes[i].Height, shapes[i].Width) == (x.Height, x.Width) && channels % shapes[i].Channels == 0),
        ];
        int[] inputs = Build.Many(terms, () => fitting[random.Next(fitting.Length)]);
        IReadOnlyList<ValueInfo> values = Values(input, operations);
        int[] factors =
        [
            .. inputs.Select(i => (int)(MaxSum / terms / Math.Max(1, Math.Max(-(double)values[i].Minimum, values[i].Maximum)))),
        ];
        if (factors.All(f => f > 0))
        {
            operations.Add(
                new WeightedSum(
                    inputs,
                    factors.SelectMany(f => Build.Many(channels, () => random.Next(-f, f + 1) >> random.Next(20))).ToArray()
                )
            );
            shapes.Add(x with { Channels = channels, Kind = ElementKind.Integers });
        }
    }

    /// <summary>Attention of a value to itself, with one bit or eight.</summary>
    private static void Attend(Random random, ModelInput input, List<Operation> operations, List<Shape> shapes, int value)
    {
        Shape x = shapes[value];
        if (Values(input, operations)[value].Bits > AttentionScores.MaxBits)
        {
            operations.Add(random.Next(2) == 0 ? Threshold(random, value, x) : Requantize(random, value, x, 8));
            x = x with { Kind = operations[^1] is Threshold ? ElementKind.Signs : ElementKind.Codes };
            shapes.Add(x);
            value = operations.Count;
        }

        int[] divisors = [.. Enumerable.Range(1, x.Channels).Where(d => x.Channels % d == 0)];
        int heads = divisors[random.Next(divisors.Length)],
            // A softmax over some of the keys, or over those of several heads, is no attention. But models may hold it.
            shares = random.Next(8) > 0 ? heads : divisors.Where(d => heads * x.Height * x.Width % d == 0).Max(),
            zero = x.Kind == ElementKind.Codes ? random.Next(256) : 0;
        byte[] table = [(byte)random.Next(1, 256), .. Build.Many(random.Next(256), () => (byte)random.Next(256))];
        bool oneBit = random.Next(2) == 0;
        int[] thresholds = oneBit ? Build.Many(shares, () => random.Next(1 << random.Next(20))) : [];
        operations.Add(new AttentionScores(value, value, heads, zero, zero));
        int[] multipliers = Build.Many(shares, () => random.Next(1 << random.Next(1, 20)));
        operations.Add(new Softmax(operations.Count, multipliers, random.Next(20), table, thresholds, oneBit ? random.Next(16) : 0));
        int weights = operations.Count;
        operations.Add(oneBit ? new AttentionSum(weights, value, heads) : new AttentionMean(weights, value, heads, random.Next(9)));
        Shape scores = x with { Channels = heads * x.Height * x.Width, Kind = ElementKind.Integers };
        shapes.AddRange([scores, scores with { Kind = ElementKind.Codes }, x with { Kind = ElementKind.Integers }]);
    }

    private static IReadOnlyList<ValueInfo> Values(ModelInput input, List<Operation> operations)
    {
        var builder = new ModelBuilder(input);
        operations.ForEach(operation => builder.Append(operation));
        return builder.Values;
    }

    private static Threshold Threshold(Random random, int input, Shape x) =>
        new(
            input,
            Build.Many(
                x.Channels,
                () =>
                    random.Next(10) switch
                    {
                        0 => int.MinValue,
                        1 => int.MaxValue,
                        2 => random.Next(-3000, 3000),
                        _ => random.Next(-6, 7),
                    }
            ),
            Build.Many(x.Channels, () => random.Next(2) == 0)
        );

    private static Quantize Quantize(Random random, int input, Shape x)
    {
        int bits = random.Next(3) == 0 ? random.Next(1, 8) : random.Next(1, 4),
            spread = random.Next(2) == 0 ? 10 : 3000;
        return new Quantize(
            input,
            bits,
            Build
                .Many(
                    x.Channels,
                    () =>
                        Build
                            .Many(
                                (1 << bits) - 1,
                                () =>
                                    random.Next(20) switch
                                    {
                                        0 => int.MinValue,
                                        1 => int.MaxValue,
                                        _ => random.Next(-spread, spread),
                                    }
                            )
                            .Order()
                )
                .SelectMany(t => t)
                .ToArray(),
            Build.Many(x.Channels, () => random.Next(2) == 0)
        );
    }

    private static PiecewiseLinear PiecewiseLinear(Random random, int input, Shape x)
    {
        (Requantize low, Requantize high) = (Requantize(random, input, x, 16), Requantize(random, input, x, 16));
        return new PiecewiseLinear(
            input,
            Build.Many(x.Channels, () => random.Next(-100, 200)),
            low.Multipliers,
            low.Offsets,
            high.Multipliers,
            high.Offsets,
            high.Shift
        );
    }

    private static Requantize Requantize(Random random, int input, Shape x, int outputBits)
    {
        // Half of them gentle, so that what comes out is more than the two ends of the range.
        bool gentle = random.Next(2) == 0;
        return new Requantize(
            input,
            Build.Many(x.Channels, () => gentle ? random.Next(-64, 64) : Multiplier(random)),
            TrailingZeroBits(random, Build.Many(x.Channels, () => gentle ? random.Next(-2000, 2000) : Offset(random))),
            gentle ? random.Next(8) : random.Next(63),
            outputBits
        );
    }

    /// <summary>Sometimes with low bits that are 0 in all of them.</summary>
    private static long[] TrailingZeroBits(Random random, long[] offsets)
    {
        int bits = random.Next(2) * random.Next(12);
        return [.. offsets.Select(o => o >> bits << bits)];
    }

    private static int Multiplier(Random random) =>
        random.Next(8) == 0 ? int.MinValue : (int)random.NextInt64(int.MinValue, 1L << 31) >> random.Next(32);

    // A product takes up to 2^62, so an offset below 2^62 cannot break 64 bits.
    private static long Offset(Random random) => random.NextInt64(-(1L << 62), 1L << 62) >> random.Next(64);

    private readonly record struct Shape(int Channels, int Height, int Width, ElementKind Kind)
    {
        public int Count => Channels * Height * Width;
    }
}
