namespace Onebit.Tests.Kernels;

/// <summary>
/// Models around one layer that the fast kernels run as one step, of every kind of input, shape, pooling and ending.
/// Thresholds and factors are of the size of the layer's sums, so that the answers depend on all of them.
/// </summary>
internal static class RandomLayers
{
    private static readonly int[] s_manyOutputs = [63, 64, 65, 129, 257, 513];

    /// <param name="random">What to choose by.</param>
    /// <param name="small">No size beyond a few lanes of the narrowest vector.</param>
    public static (ModelInput Input, Operation[] Operations) Create(Random random, bool small)
    {
        bool dense = random.Next(3) == 0,
            large = !small && random.Next(8) == 0;
        var input = new ModelInput(
            random.Next(1, 4),
            random.Next(1, large ? 24 : 10),
            random.Next(1, large ? 75 : 10),
            random.Next(2) == 0 ? 1 : 8,
            0
        );
        var model = new Layers(random, input with { PixelThreshold = (byte)(input.Bits == 1 ? random.Next(1, 256) : 0) });

        // Besides the input's codes of 1 or 8 bits: signs, and codes of 3 to 31 bits.
        switch (random.Next(4))
        {
            case 0:
                model.Threshold();
                break;
            case 1:
                for (int i = random.Next(1, 5); i > 0 && model.Last is { Height: > 1, Width: > 1, Bits: < 20 }; i--)
                {
                    model.Add(new SumPool(model.Index, 2, 1));
                }

                break;
        }

        for (int i = small ? 1 : random.Next(1, 4); i > 0; i--)
        {
            int outputs = random.Next(4) > 0 || small ? random.Next(1, 10) : s_manyOutputs[random.Next(dense ? s_manyOutputs.Length : 3)];
            Layer(random, model, outputs, dense);
        }

        model.Classify(model.Index);
        return (model.Input, [.. model.Operations]);
    }

    private static void Layer(Random random, Layers model, int outputs, bool dense)
    {
        if (dense)
        {
            model.Linear(outputs, model.Last.Height, model.Last.Width, 1, 0, 1);
        }
        else
        {
            int groups = random.Next(3) == 0 && outputs % model.Last.Channels == 0 ? model.Last.Channels : 1;
            int padding = random.Next(3);
            model.Linear(
                outputs,
                random.Next(1, Math.Min(5, model.Last.Height + 2 * padding) + 1),
                random.Next(1, Math.Min(5, model.Last.Width + 2 * padding) + 1),
                random.Next(4) == 0 ? random.Next(2, 4) : 1,
                padding,
                groups
            );
        }

        int sums = model.Index;
        if (random.Next(2) == 0)
        {
            // Windows that meet, overlap or leave gaps.
            model.Add(new MaxPool(sums, random.Next(1, Math.Min(3, Math.Min(model.Last.Height, model.Last.Width)) + 1), random.Next(1, 4)));
        }

        int pooled = model.Index;
        switch (random.Next(9))
        {
            case 0:
                model.Requantize(8);
                break;
            case 1:
                model.Requantize(16);
                model.Threshold();
                break;
            case 2:
                // The sums themselves; the fast kernels end their step before the addition.
                model.Add(new Add(pooled, pooled));
                model.Threshold();
                break;
            case 3:
                // What lies between the layer and its ending is read by another operation too, and the ending by two.
                model.Threshold();
                int signs = model.Index;
                model.Add(new Threshold(sums, new int[outputs], new bool[outputs]));
                model.Classify(model.Index, scores: false);
                int aside = model.Index;
                model.Classify(signs, scores: false);
                model.Add(new Add(aside, model.Index));
                model.Threshold();
                break;
            case 4:
                // The next layer reads the codes.
                model.Quantize(random.Next(1, 8));
                break;
            case 5:
                model.Quantize(random.Next(2, 4));
                model.Planes(random.Next(1, 25));
                break;
            default:
                model.Threshold();
                break;
        }
    }

    private sealed class Layers(Random random, ModelInput input)
    {
        private const int Classes = 12;
        private readonly ModelBuilder _builder = new(input);

        public ModelInput Input => input;

        public List<Operation> Operations { get; } = [];

        public int Index => Operations.Count;

        public ValueInfo Last => _builder.Values[^1];

        public void Add(Operation operation)
        {
            _builder.Append(operation);
            Operations.Add(operation);
        }

        public void Linear(int outputs, int height, int width, int stride, int padding, int groups) =>
            Linear(Index, outputs, height, width, stride, padding, groups);

        public void Threshold() =>
            Add(
                new Threshold(
                    Index,
                    Build.Many(
                        Last.Channels,
                        () =>
                            random.Next(40) switch
                            {
                                0 => int.MinValue,
                                1 => int.MaxValue,
                                2 => Last.Minimum,
                                3 => Last.Maximum,
                                4 => Last.Maximum == int.MaxValue ? 0 : Last.Maximum + 1,
                                5 => random.Next(int.MinValue, int.MaxValue),
                                _ => Centre() + (int)(Spread() * (random.NextDouble() - 0.5)),
                            }
                    ),
                    Build.Many(Last.Channels, () => random.Next(3) == 0)
                )
            );

        public void Quantize(int bits) =>
            Add(
                new Quantize(
                    Index,
                    bits,
                    Build
                        .Many(
                            Last.Channels,
                            () => Build.Many((1 << bits) - 1, () => Centre() + (int)(Spread() * (random.NextDouble() - 0.5))).Order()
                        )
                        .SelectMany(t => t)
                        .ToArray(),
                    Build.Many(Last.Channels, () => random.Next(3) == 0)
                )
            );

        /// <summary>
        /// Two planes of weights on every plane of the last value's codes, in any order, joined to signs; half of the time
        /// with one sum that all outputs share.
        /// </summary>
        public void Planes(int outputs)
        {
            int codes = Index,
                height = Last.Height,
                width = Math.Min(2, Last.Width),
                fanIn = Last.Channels * height * width;
            var planes = new List<int>();
            for (int bit = 0; bit < _builder.Values[codes].Bits; bit++)
            {
                Add(new BitPlane(codes, bit));
                planes.Add(Index);
            }

            Linear[] weights = Build.Many(2, () => new Linear(-1, outputs, height, width, 1, 0, 1, Build.Weights(random, outputs * fanIn)));
            Linear[] layers = [.. planes.SelectMany(plane => weights.Select(linear => linear with { Input = plane }))];
            random.Shuffle(layers);
            var sums = new List<int>();
            foreach (Linear linear in layers)
            {
                Add(linear);
                sums.Add(Index);
            }

            if (random.Next(2) == 0)
            {
                Add(new Linear(planes[0], 1, height, width, 1, 0, 1, Build.Weights(random, fanIn)));
                sums.Add(Index);
            }

            Add(new WeightedSum(sums.ToArray(), Build.Many(outputs * sums.Count, () => random.Next(-1000, 1000))));
            Threshold();
        }

        public void Requantize(int bits)
        {
            int multiplier = random.Next(1, 100),
                shift = 0;
            while (Spread() * multiplier / Math.Pow(2, shift) > (bits == 8 ? 200 : 40_000))
            {
                shift++;
            }

            long middle = bits == 8 ? 128L << shift : 0;
            Add(
                new Requantize(
                    Index,
                    Build.Many(Last.Channels, () => random.Next(4) == 0 ? -multiplier : multiplier),
                    Build.Many(Last.Channels, () => middle + random.NextInt64(-100, 100)),
                    shift,
                    bits
                )
            );
        }

        /// <summary>A dense layer on any value, then the scores or not.</summary>
        public void Classify(int value, bool scores = true)
        {
            ValueInfo shape = _builder.Values[value];
            Linear(value, Classes, shape.Height, shape.Width, 1, 0, 1);
            if (scores)
            {
                Add(
                    new Scores(
                        Index,
                        Build.Many(Classes, () => random.Next(1, 100)),
                        Build.Many(Classes, () => random.NextInt64(-100, 100)),
                        0
                    )
                );
            }
        }

        private void Linear(int value, int outputs, int height, int width, int stride, int padding, int groups) =>
            Add(
                new Linear(
                    value,
                    outputs,
                    height,
                    width,
                    stride,
                    padding,
                    groups,
                    Build.Weights(random, outputs * (_builder.Values[value].Channels / groups) * height * width)
                )
            );

        // Sums of n numbers of random signs are seldom farther from 0 than a few times the largest number and the root of n.
        private double Spread() =>
            Math.Max(
                2,
                Last.Kind == ElementKind.Codes
                    ? Last.Maximum
                    : Math.Sqrt(Math.Max(1, (double)Last.Maximum - Last.Minimum))
                        * Math.Min(16, Math.Sqrt(Last.Maximum - (double)Last.Minimum))
            );

        private int Centre() => Last.Kind == ElementKind.Codes ? Last.Maximum / 2 : 0;
    }
}
