namespace Onebit.Tests;

/// <summary>Predicting from a caller's point of view: threads, memory, size, wrong arguments.</summary>
public class PredictionTests
{
    private readonly BitModel _model = Build.Mlp(new Random(2));

    [Fact]
    public void Many_threads_get_the_answers_of_one()
    {
        var random = new Random(3);
        // Two models in turn, so that scratch memory passes from one to the other.
        BitModel[] models = [_model, .. Build.Many(7, () => RandomModels.Create(random))];
        var work = Build.Many(400, () => (Model: models[random.Next(models.Length)], Seed: random.Next()));
        long[][] expected = [.. work.Select(item => Scores(item.Model, item.Seed))];
        for (int round = 0; round < 5; round++)
        {
            var actual = new long[work.Length][];
            Parallel.For(
                0,
                work.Length,
                new ParallelOptions { MaxDegreeOfParallelism = 8 },
                i => actual[i] = Scores(work[i].Model, work[i].Seed)
            );
            Assert.Equal(expected, actual);
        }

        static long[] Scores(BitModel model, int seed)
        {
            var scores = new long[model.ClassCount];
            model.Predict(RandomModels.Image(model, new Random(seed)), scores);
            return scores;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(600)]
    public void Predicting_allocates_nothing(int count)
    {
        byte[] images = [.. Build.Many(count, () => RandomModels.Image(_model, new Random(4))).SelectMany(image => image)];
        var scores = new long[10];
        var classes = new int[count];
        // A collection that another test asks for may empty the pools of scratch memory, but not in every round.
        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => BytesOfOneRound()));

        long BytesOfOneRound()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 3; i++)
            {
                _model.PredictBatch(images, classes);
                _model.Predict(images.AsSpan(0, 784));
                _model.Predict(images.AsSpan(0, 784), scores);
                _model.Classify(images.AsSpan(0, 784));
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1300, 1)]
    [InlineData(1300, 2)]
    [InlineData(1300, -1)]
    public void A_parallel_batch_gives_the_classes_of_single_images(int count, int threads)
    {
        // Without offsets that outweigh all sums, so that squares of different sizes are of different classes.
        var model = new BitModel(_model.Input, [.. _model.Operations.SkipLast(1), Build.Scores(5, 10)]);
        var random = new Random(6);
        byte[][] images = Build.Many(
            count,
            () =>
            {
                (int left, int top) = (random.Next(28), random.Next(28));
                return Enumerable.Range(0, 784).Select(i => (byte)(i % 28 >= left && i / 28 >= top ? 255 : 0)).ToArray();
            }
        );
        var classes = new int[count];
        model.PredictParallel(images.SelectMany(image => image).ToArray(), classes, threads, TestContext.Current.CancellationToken);
        Assert.Equal(images.Select(image => model.Predict(image)), classes);
        Assert.True(count == 1 || classes.Distinct().Count() > 1);
    }

    [Fact]
    public void A_parallel_batch_can_be_stopped()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        int[] classes = [-1];
        Assert.Throws<OperationCanceledException>(() => _model.PredictParallel(new byte[784], classes, cancellation: stopped.Token));
        Assert.Equal([-1], classes);
    }

    [Fact]
    public void A_parallel_batch_refuses_wrong_arguments()
    {
        CancellationToken none = TestContext.Current.CancellationToken;
        Assert.Throws<ArgumentException>(() => _model.PredictParallel(new byte[783], new int[1], cancellation: none));
        Assert.Throws<ArgumentOutOfRangeException>("threads", () => _model.PredictParallel(new byte[784], new int[1], 0, none));
    }

    [Fact]
    public void A_batch_gives_the_scores_of_single_images()
    {
        byte[][] images = Build.Many(3, () => RandomModels.Image(_model, new Random(7)));
        var classes = new int[3];
        var scores = new long[30];
        _model.PredictBatch([.. images.SelectMany(image => image)], classes, scores);
        for (int i = 0; i < images.Length; i++)
        {
            var expected = new long[10];
            Assert.Equal(_model.Predict(images[i], expected), classes[i]);
            Assert.Equal(expected, scores[(10 * i)..(10 * (i + 1))]);
        }
    }

    [Fact]
    public void A_prediction_has_the_class_its_name_and_its_probability()
    {
        string[] names = [.. Enumerable.Range(0, 10).Select(c => $"class {c}")];
        var model = new BitModel(_model.Input, _model.Operations, names);
        byte[] image = RandomModels.Image(model, new Random(8));
        var scores = new long[10];
        var probabilities = new double[10];
        int expected = model.Predict(image, scores);
        model.Probabilities(scores, probabilities);
        Assert.Equal(new Prediction(expected, names[expected], probabilities[expected]), model.Classify(image));
    }

    [Fact]
    public void The_assembly_stays_small() => Assert.InRange(new FileInfo(typeof(BitModel).Assembly.Location).Length, 1, 256 * 1024);

    [Fact]
    public void Scratch_memory_left_by_others_does_not_matter()
    {
        // A padded layer on signs whose fan-in fills no word, after a model that leaves ones everywhere.
        var dirty = new BitModel(Build.Bytes(1, 20, 20), [Build.Dense(0, 2, 20, 20, new string('+', 800)), Build.Scores(1, 2)]);
        BitModel clean = Build.Model(
            Build.Bytes(1, 2, 2),
            (1, 2, 2),
            Build.Threshold(0, 3),
            new Linear(1, 1, 3, 3, 1, 1, 1, Build.Signs("+++ +++ +++"))
        );
        var scores = new long[2];
        clean.Predict([1, 2, 3, 4], scores);
        long[] expected = [.. scores];
        dirty.Predict(Build.Repeat((byte)255, 400));
        clean.Predict([1, 2, 3, 4], scores);
        Assert.Equal(expected, scores);
    }

    [Fact]
    public void Probabilities_are_the_softmax_of_the_logits()
    {
        // Logits 2, 1 and -1.
        var model = new BitModel(Build.Bytes(3, 1, 1), [Build.Scores(0, 3) with { Shift = 3 }]);
        var probabilities = new double[3];
        model.Probabilities([16, 8, -8], probabilities);
        double sum = Math.Exp(2) + Math.Exp(1) + Math.Exp(-1);
        Assert.Equal(Math.Exp(2) / sum, probabilities[0], 12);
        Assert.Equal(Math.Exp(1) / sum, probabilities[1], 12);
        Assert.Equal(Math.Exp(-1) / sum, probabilities[2], 12);
    }

    [Fact]
    public void Probabilities_of_the_farthest_scores_are_numbers()
    {
        var model = new BitModel(Build.Bytes(3, 1, 1), [Build.Scores(0, 3) with { Shift = 62 }]);
        var probabilities = new double[3];
        model.Probabilities([long.MinValue, long.MaxValue, long.MaxValue], probabilities);
        double least = Math.Exp(-4);
        Assert.Equal(least / (2 + least), probabilities[0], 12);
        Assert.Equal(1 / (2 + least), probabilities[1], 12);
        Assert.Equal(probabilities[1], probabilities[2]);
    }

    [Fact]
    public void A_wrong_length_is_told_with_the_shape_of_an_image()
    {
        Assert.StartsWith(
            "An image of 1 x 28 x 28 (channels x height x width) would be 784 bytes, not 2352. A colour image must be made grey first.",
            Assert.Throws<ArgumentException>("pixels", () => _model.Predict(new byte[3 * 784])).Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "10 images of 1 x 28 x 28 (channels x height x width) would be 7840 bytes, not 784.",
            Assert.Throws<ArgumentException>("images", () => _model.PredictBatch(new byte[784], new int[10])).Message,
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "10 classes times 2 images need 20 elements, not 10.",
            Assert.Throws<ArgumentException>("scores", () => _model.PredictBatch(new byte[2 * 784], new int[2], new long[10])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Wrong_lengths_are_the_caller_s_mistake()
    {
        Assert.Throws<ArgumentException>(() => _model.Classify(new byte[783]));
        Assert.Throws<ArgumentException>(() => _model.Predict(new byte[783]));
        Assert.Throws<ArgumentException>(() => _model.Predict(new byte[785]));
        Assert.Throws<ArgumentException>(() => _model.Predict([]));
        Assert.Throws<ArgumentException>(() => _model.Predict(new byte[784], new long[9]));
        Assert.Throws<ArgumentException>(() => _model.Predict(new byte[784], new long[11]));
        Assert.Throws<ArgumentException>(() => _model.PredictBatch(new byte[784], new int[2]));
        Assert.Throws<ArgumentException>(() => _model.PredictBatch(new byte[784 * 2], new int[1]));
        Assert.Throws<ArgumentException>(() => _model.Trace(new byte[783]));
        Assert.Throws<ArgumentException>(() => _model.Probabilities(new long[9], new double[10]));
        Assert.Throws<ArgumentException>(() => _model.Probabilities(new long[10], new double[11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _model.EncodedLength(6));
    }
}
