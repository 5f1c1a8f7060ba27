namespace Onebit.Tests;

/// <summary>What is no model is refused with a sentence that says why; what is one gets its values right.</summary>
public class ModelCheckTests
{
    private static readonly ModelInput s_input = Build.Bytes(2, 4, 5);
    private static readonly Linear s_convolution = new(0, 4, 3, 3, 1, 0, 1, new byte[9]);

    [Fact]
    public void Values_have_the_shapes_kinds_and_ranges_of_a_small_residual_network()
    {
        var model = new BitModel(
            s_input,
            [
                new Linear(0, 4, 3, 3, 1, 1, 1, Build.Signs(new string('+', 18) + new string('-', 18) + new string('+', 36))),
                new Requantize(1, new int[4], new long[4], 0, 16),
                Build.Threshold(2, 0, 0, 0, 0),
                new Linear(3, 4, 3, 3, 1, 1, 4, Build.Signs(new string('+', 36))),
                new Add(2, 4),
                new MaxPool(5, 2, 2),
                new Requantize(6, new int[4], new long[4], 0, 8),
                new SumPool(7, 2, 2),
                new Linear(8, 3, 1, 1, 1, 0, 1, Build.Signs("++++ ++-- ++++")),
                new Scores(9, new[] { 1, -2, 3 }, new long[] { 0, 7, 1L << 40 }, 5),
            ]
        );
        Assert.Equal(
            [
                new ValueInfo(2, 4, 5, ElementKind.Codes, 8, 0, 255),
                new ValueInfo(4, 4, 5, ElementKind.Integers, 14, -18 * 255, 18 * 255),
                new ValueInfo(4, 4, 5, ElementKind.Integers, 16, -32768, 32767),
                new ValueInfo(4, 4, 5, ElementKind.Signs, 1, -1, 1),
                new ValueInfo(4, 4, 5, ElementKind.Integers, 5, -9, 9),
                new ValueInfo(4, 4, 5, ElementKind.Integers, 17, -32777, 32776),
                new ValueInfo(4, 2, 2, ElementKind.Integers, 17, -32777, 32776),
                new ValueInfo(4, 2, 2, ElementKind.Codes, 8, 0, 255),
                new ValueInfo(4, 1, 1, ElementKind.Codes, 10, 0, 1020),
                new ValueInfo(3, 1, 1, ElementKind.Integers, 13, -2040, 4080),
                new ValueInfo(3, 1, 1, ElementKind.Integers, 42, -8153, int.MaxValue),
            ],
            model.Values
        );
        Assert.Equal(3, model.ClassCount);
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 10)]
    [InlineData(3, 12)]
    [InlineData(4, 12)]
    public void Sums_of_codes_gain_the_bits_of_their_window(int size, int bits)
    {
        ValueInfo sum = Build.Model(s_input, (2, 5 - size, 6 - size), new SumPool(0, size, 1)).Values[1];
        Assert.Equal((bits, 255 * size * size), (sum.Bits, sum.Maximum));
    }

    [Fact]
    public void The_model_keeps_its_own_copies()
    {
        byte[] weights = Build.Signs("++ --");
        int[] thresholds = [1, 1];
        bool[] flipped = [false, false];
        var model = new BitModel(
            Build.Bytes(2, 1, 1),
            [new Linear(0, 2, 1, 1, 1, 0, 1, weights), new Threshold(1, thresholds, flipped), Build.Scores(2, 2)]
        );
        byte[] before = model.ToBytes();
        weights[0] = 0;
        thresholds[0] = 1000;
        flipped[1] = true;
        Assert.Equal(before, model.ToBytes());
        Assert.Equal([1, -1], model.Trace([3, 4])[2]);
    }

    private static PiecewiseLinear Slopes => new(0, new int[2], new int[2], new long[2], new int[2], new long[2], 0);

    public static TheoryData<string, Operation> Refused =>
        new()
        {
            { "value 1 does not exist", s_convolution with { Input = 1 } },
            { "value -1 does not exist", s_convolution with { Input = -1 } },
            { "value 1 does not exist", new Add(0, 1) },
            { "value 9 does not exist", new MaxPool(9, 1, 1) },
            { "at least 1", s_convolution with { Outputs = 0 } },
            { "at least 1", s_convolution with { Outputs = -4 } },
            { "at least 1", s_convolution with { KernelHeight = 0 } },
            { "at least 1", s_convolution with { KernelWidth = 0 } },
            { "at least 1", s_convolution with { Stride = 0 } },
            { "at least 1", s_convolution with { Padding = -1 } },
            { "at least 1", s_convolution with { Groups = 0 } },
            { "do not divide into 3 groups", s_convolution with { Groups = 3 } },
            { "do not divide into 2 groups", s_convolution with { Outputs = 3, Groups = 2 } },
            { "does not fit", s_convolution with { KernelHeight = 5 } },
            { "does not fit", s_convolution with { KernelWidth = 6 } },
            { "does not fit", s_convolution with { KernelWidth = int.MaxValue } },
            { "too large", s_convolution with { Padding = int.MaxValue } },
            { "too large", s_convolution with { Padding = 1 << 21 } },
            { "too large", s_convolution with { Padding = 2000 } },
            { "72 weights take 9 bytes, not 8", s_convolution with { Weights = new byte[8] } },
            { "72 weights take 9 bytes, not 10", s_convolution with { Weights = new byte[10] } },
            { "weights take", s_convolution with { Outputs = int.MaxValue } },
            { "unused bits", new Linear(0, 1, 1, 1, 1, 0, 1, new byte[] { 4 }) },
            { "as many entries", Build.Threshold(0, 1) },
            { "as many entries", Build.Threshold(0, 1, 1, 1) },
            { "as many entries", Build.Threshold(0) },
            { "as many entries", new Threshold(0, new int[2], new bool[1]) },
            { "as many entries", new Requantize(0, new int[1], new long[2], 0, 8) },
            { "as many entries", new Requantize(0, new int[2], new long[3], 0, 8) },
            { "a shift is 0 to 62, not 63", new Requantize(0, new int[2], new long[2], 63, 8) },
            { "a shift is 0 to 62, not -1", new Requantize(0, new int[2], new long[2], -1, 8) },
            { "8 or 16 bits", new Requantize(0, new int[2], new long[2], 0, 7) },
            { "64-bit", new Requantize(0, new[] { 0, 1 }, new[] { 0, long.MaxValue - 254 }, 0, 8) },
            { "64-bit", new Requantize(0, new[] { -1, 0 }, new[] { long.MinValue + 254, 0 }, 0, 8) },
            { "at least 1", new MaxPool(0, 0, 1) },
            { "at least 1", new MaxPool(0, 1, 0) },
            { "at least 1", new SumPool(0, -1, 1) },
            { "a window of 5 x 5 does not fit", new MaxPool(0, 5, 1) },
            { "a window of 2147483647", new SumPool(0, int.MaxValue, 1) },
            { "value 1 does not exist", new WeightedSum(new[] { 0, 1 }, new int[4]) },
            { "2 to 64 values are concatenated, not 1", new Concat(new int[1]) },
            { "2 to 64 values are concatenated, not 65", new Concat(new int[65]) },
            { "value 1 does not exist", new Upsample(1) },
            { "elements 1 to 40 are read of a value that has 40", new Slice(0, 1, new Shape(2, 4, 5)) },
            { "elements -1 to 38 are read", new Slice(0, -1, new Shape(2, 4, 5)) },
            { "too large", new Slice(0, 0, new Shape(int.MaxValue, 2, 1)) },
            { "at least 1", new Slice(0, 0, new Shape(0, 1, 1)) },
            { "rows of 2 entries, one per channel, not 3 entries", new AddEmbedding(0, 0, 0, new int[3]) },
            { "rows of 2 entries, one per channel, not 0 entries", new AddEmbedding(0, 0, 0, default) },
            { "no element 40 in a value of 40", new AddEmbedding(0, 0, 40, new int[2]) },
            { "no element -1", new AddEmbedding(0, 0, -1, new int[2]) },
            { "do not fit into 32-bit", new AddEmbedding(0, 0, 0, new[] { 0, int.MaxValue }) },
            { "need a table of 256 entries, not 255", new Lookup(0, new byte[255]) },
            { "need as many multipliers, not 1", new PositionalEmbedding(0, new byte[5], new int[1]) },
            { "40 signs take 5 bytes, not 4", new PositionalEmbedding(0, new byte[4], new int[2]) },
            { "do not fit into 32-bit", new PositionalEmbedding(0, new byte[5], new[] { 0, int.MaxValue }) },
            { "do not divide into 3 heads", new AttentionScores(0, 0, 3, 0, 0) },
            { "do not divide into 0 heads", new AttentionScores(0, 0, 0, 0, 0) },
            { "is 0 to 255", new AttentionScores(0, 0, 1, 256, 0) },
            { "is 0 to 255", new AttentionScores(0, 0, 1, 0, -1) },
            { "do not divide into 3 heads", new Softmax(0, new int[3], 0, new byte[] { 1 }, default, 0) },
            { "do not divide into 0 heads", new Softmax(0, default, 0, new byte[] { 1 }, default, 0) },
            { "a shift is 0 to 62, not 63", new Softmax(0, new int[1], 63, new byte[] { 1 }, default, 0) },
            { "the first above 0", new Softmax(0, new int[1], 0, new byte[] { 0, 1 }, default, 0) },
            { "has 1 to 256 entries", new Softmax(0, new int[1], 0, default, default, 0) },
            { "at least 0", new Softmax(0, new[] { -1 }, 0, new byte[] { 1 }, default, 0) },
            { "as many thresholds, or none", new Softmax(0, new int[1], 0, new byte[] { 1 }, new int[2], 0) },
            { "a shift of thresholds is 0 to 30", new Softmax(0, new int[1], 0, new byte[] { 1 }, new int[1], 31) },
            { "and 0 without thresholds", new Softmax(0, new int[1], 0, new byte[] { 1 }, default, 1) },
            { "thresholds of probabilities are at least 0", new Softmax(0, new int[1], 0, new byte[] { 1 }, new[] { -1 }, 0) },
            { "1 heads of 20 positions need 20 channels of weights, not 2", new AttentionSum(0, 0, 1) },
            { "do not divide into 3 heads", new AttentionMean(0, 0, 3, 0) },
            { "1 to 64 values are combined, not 0", new WeightedSum(Array.Empty<int>(), new int[2]) },
            { "1 to 64 values are combined, not 65", new WeightedSum(new int[65], new int[130]) },
            { "a multiplier per channel", new WeightedSum(new int[2], new int[3]) },
            { "at least 1", new WeightedSum(new int[2], Array.Empty<int>()) },
            { "is not combined to one of 3 x", new WeightedSum(new int[1], new int[3]) },
            { "do not fit into 32-bit", new WeightedSum(new int[1], new[] { 0, int.MaxValue / 254 }) },
            { "do not fit into 32-bit", new WeightedSum(new int[2], new[] { 0, int.MinValue / 300, 0, int.MinValue / 300 }) },
            { "1 to 7 bits", new Quantize(0, 0, Array.Empty<int>(), new bool[2]) },
            { "1 to 7 bits", new Quantize(0, 8, new int[510], new bool[2]) },
            { "3 times as many entries", new Quantize(0, 2, new int[5], new bool[2]) },
            { "as many entries", new Quantize(0, 2, new int[6], new bool[3]) },
            { "smaller than the one before", new Quantize(0, 2, new[] { 1, 2, 3, 1, 3, 2 }, new bool[2]) },
            { "have no bit 8", new BitPlane(0, 8) },
            { "have no bit -1", new BitPlane(0, -1) },
            { "as many entries", Slopes with { Breaks = new int[1] } },
            { "as many entries", Slopes with { LowMultipliers = new int[3] } },
            { "as many entries", Slopes with { HighOffsets = new long[3] } },
            { "a shift is 0 to 62, not 63", Slopes with { Shift = 63 } },
            { "64-bit", Slopes with { HighMultipliers = new[] { 0, 1 }, HighOffsets = new[] { 0, long.MaxValue - 254 } } },
            { "the last operation, and no other", Build.Scores(0, 2) },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_operation_that_does_not_fit_is_refused(string reason, Operation operation)
    {
        // Shape and kind of what follows do not matter: the operation is refused first.
        var e = Assert.Throws<InvalidDataException>(() => new BitModel(s_input, [operation, Build.Scores(1, 2)]));
        Assert.StartsWith($"Operation 0 ({operation.GetType().Name}): ", e.Message);
        Assert.Contains(reason, e.Message);
    }

    public static TheoryData<string, ModelInput> RefusedInputs =>
        new()
        {
            { "1 or 8 bits", new(1, 1, 1, 2, 1) },
            { "threshold", new(1, 1, 1, 1, 0) },
            { "threshold", new(1, 1, 1, 8, 1) },
            { "at least 1", new(0, 1, 1, 8, 0) },
            { "at least 1", new(1, -1, 1, 8, 0) },
            { "at least 1", new(-1, -1, 1, 8, 0) },
            { "too large", new(2, 1 << 11, (1 << 10) + 1, 8, 0) },
            { "too large", new(int.MaxValue, int.MaxValue, int.MaxValue, 8, 0) },
        };

    [Theory]
    [MemberData(nameof(RefusedInputs))]
    public void An_input_that_makes_no_sense_is_refused(string reason, ModelInput input)
    {
        var e = Assert.Throws<InvalidDataException>(() => new BitModel(input, [Build.Scores(0, 2)]));
        Assert.StartsWith("The input: ", e.Message);
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Scores_come_last_and_are_made_of_classes_x_1_x_1()
    {
        Refuses("1 to 1024 operations", s_input, []);
        Refuses("the last operation, and no other", s_input, [s_convolution]);
        Refuses("two classes x 1 x 1, not of 2 x 4 x 5", s_input, [Build.Scores(0, 2)]);
        Refuses("two classes", Build.Bytes(1, 1, 1), [Build.Scores(0, 1)]);
        Refuses("as many entries", Build.Bytes(3, 1, 1), [Build.Scores(0, 2)]);
        Refuses("0 to 62", Build.Bytes(2, 1, 1), [Build.Scores(0, 2) with { Shift = 63 }]);
        Refuses("64-bit", Build.Bytes(2, 1, 1), [Build.Scores(0, 2) with { Offsets = new[] { 0, long.MaxValue } }]);
        Assert.Equal(2, new BitModel(Build.Bytes(2, 1, 1), [Build.Scores(0, 2)]).ClassCount);
    }

    [Fact]
    public void Affine_may_use_the_whole_of_64_bits()
    {
        int[] multipliers = [1, -1];
        long[] offsets = [long.MaxValue - 255, long.MinValue + 255];
        var model = new BitModel(Build.Bytes(2, 1, 1), [new Scores(0, multipliers, offsets, 0)]);
        var scores = new long[2];
        model.Predict([255, 255], scores);
        Assert.Equal([long.MaxValue, long.MinValue], scores);
        Assert.Equal(64, model.Values[^1].Bits);
    }

    [Fact]
    public void Integers_are_not_multiplied_and_shapes_of_sums_agree()
    {
        Refuses("not with integers", s_input, [Build.Centered(0, 2), s_convolution with { Input = 1 }, Build.Scores(2, 4)]);
        Refuses("cannot be added", s_input, [new MaxPool(0, 1, 2), new Add(1, 0), Build.Scores(2, 2)]);
    }

    [Fact]
    public void Sums_that_could_leave_32_bits_are_refused()
    {
        // 255 * 2^22 has 30 bits; two such sums are one too many, and so is a kernel of 3 over them.
        ModelInput large = Build.Bytes(1, 1 << 11, 1 << 11);
        ModelInput twice = Build.Bytes(2, 1 << 10, 1 << 11);
        var sum = new SumPool(0, 1 << 11, 1);
        Assert.Equal(255 << 22, Build.Model(large, (1, 1, 1), sum).Values[1].Maximum);
        Refuses("32-bit", large, [sum, new Add(1, 1), new Add(2, 1), Build.Scores(3, 2)]);
        Assert.Equal(2 * (255 << 22), Build.Model(large, (1, 1, 1), sum, new Add(1, 1)).Values[2].Maximum);
        var half = new SumPool(0, 1 << 10, 1 << 10);
        var row = new Linear(1, 1, 1, 2, 1, 0, 1, Build.Signs("++++"));
        Assert.Equal(255 << 22, Build.Model(twice, (1, 1, 1), half, row).Values[2].Maximum);
        Refuses("32-bit", large, [sum, new Linear(1, 1, 3, 3, 1, 1, 1, Build.Signs("+++ +++ +++")), Build.Scores(2, 2)]);

        // Requantized to 16 bits and summed over 2^22 positions: 2^37.
        Refuses("32-bit", large, [Build.Centered(0, 1), sum with { Input = 1 }, Build.Scores(2, 2)]);

        // Each window of 3 x 3 adds 4 bits, though the largest sum grows by less: it is the bits that count.
        SumPool[] pools = [.. Enumerable.Range(0, 6).Select(i => new SumPool(i, 3, 1))];
        Assert.Equal(28, Build.Model(Build.Bytes(1, 11, 11), (1, 1, 1), [.. pools.Take(5)]).Values[5].Bits);
        Refuses("codes of 32 bits", Build.Bytes(1, 13, 13), [.. pools, Build.Scores(6, 2)]);
    }

    [Fact]
    public void Limits_hold()
    {
        ModelInput tiny = Build.Bytes(2, 1, 1),
            large = Build.Bytes(1, 1 << 11, 1 << 11);
        Operation[] pools = [.. Enumerable.Range(0, ModelLimits.MaxOperations - 1).Select(i => new MaxPool(i, 1, 1))];
        Assert.Equal(1, new BitModel(tiny, [.. pools, Build.Scores(pools.Length, 2)]).Predict([1, 2]));
        Refuses("1 to 1024", tiny, [.. pools, new MaxPool(0, 1, 1), Build.Scores(pools.Length, 2)]);
        Refuses("33554432 elements", large, [.. pools.Take(8), Build.Scores(8, 2)]);
        Refuses(
            "134217728 bytes",
            tiny,
            [
                new Linear(0, 1 << 12, 1, 1, 1, 0, 1, new byte[1 << 10]),
                new Requantize(1, new int[1 << 12], new long[1 << 12], 0, 8),
                .. Enumerable.Repeat(new Linear(2, 1 << 12, 1, 1, 1, 0, 1, new byte[1 << 21]), 65),
                Build.Scores(2, 1 << 12),
            ]
        );
        Refuses(
            "1048576 entries",
            Build.Bytes(1 << 16, 1, 1),
            [.. Enumerable.Range(0, 9).Select(i => Build.Threshold(i, new int[1 << 16])), Build.Scores(9, 1 << 16)]
        );

        // Windows of 1,024 x 1,024 at 2^20 places: 2^40 steps.
        Refuses("1073741824 steps", large, [new MaxPool(0, 1 << 10, 1), Build.Scores(1, 2)]);

        // 2,041 x 2,041 places, 64 elements gathered and 1 word counted at each: for one bit-plane, but not for eight.
        var convolution = new Linear(0, 1, 8, 8, 1, 0, 1, new byte[8]);
        Build.Model(large with { Bits = 1, PixelThreshold = 1 }, (1, 2041, 2041), convolution);
        Refuses("1073741824 steps", large, [convolution, Build.Scores(1, 2)]);
    }

    [Fact]
    public void A_caller_who_passes_null_is_told_so()
    {
        Assert.Throws<ArgumentNullException>(() => new BitModel(null!, [Build.Scores(0, 2)]));
        Assert.Throws<ArgumentNullException>(() => new BitModel(s_input, null!));
        Assert.Throws<ArgumentException>(() => new BitModel(s_input, [null!]));
    }

    private static void Refuses(string reason, ModelInput input, Operation[] operations) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => new BitModel(input, operations)).Message);
}
