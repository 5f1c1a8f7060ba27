using System.Runtime.Intrinsics.X86;
using CsCheck;

namespace Onebit.Tests.Kernels;

/// <summary>Every fast kernel at every width equals the plain one, bit for bit.</summary>
public class KernelTests
{
    private static readonly int[] s_batches = [1, 7, 64, 65, 255, 256, 257, 400, 600];

    [Fact]
    public void A_width_is_what_the_processor_has() => Assert.Equal(Widths.Chosen ?? VectorWidth.Widest, VectorWidth.Widest);

    /// <summary>So that the tests below are known to be about all kernels.</summary>
    [Theory]
    [MemberData(nameof(WidthsOfVectors))]
    public void Every_kernel_of_one_image_is_chosen_for_some_layer(int width)
    {
        var chosen = new HashSet<string>();
        for (int seed = 0; seed < 300; seed++)
        {
            (ModelInput input, Operation[] operations) = RandomLayers.Create(new Random(seed), small: false);
            BitModel model = new(input, operations, width);
            foreach (FusedLinear layer in FusedLayer.ListOf(model.Operations, model.Values).OfType<FusedLinear>())
            {
                if (layer is { Pool: null, IsDense: true })
                {
                    chosen.Add(KernelChooser.Dense(layer, width).GetType().Name);
                }
                else if (KernelChooser.Convolution(layer, width) is { } kernel)
                {
                    bool givesSums = kernel.GetType().Name.StartsWith("Shared", StringComparison.Ordinal) && SharedEnd.Of(layer) is null;
                    chosen.Add(kernel.GetType().Name + (givesSums ? " of sums" : ""));
                }
            }
        }

        string[] narrow = ["DenseBytes`2", "DenseColumns`2", "DenseRows", "PlaneConvolution`1"];
        string[] lookups = ["SharedSumConvolution`2", "SharedSumConvolution`2 of sums", "TableConvolution`2"];
        string[] products = (width == 256 && Avx2.IsSupported) || (width == 512 && Avx512BW.IsSupported) ? ["DotConvolution`2"] : [];
        Assert.Equal(((string[])[.. narrow, .. width == 64 ? [] : lookups, .. products]).Order(), chosen.Order());
    }

    public static TheoryData<int> WidthsOfVectors => [.. Widths.All];

    [Fact]
    public void Layers_give_the_plain_scores() =>
        Gen.Int.Sample(
            seed => CheckScores(seed, random => RandomLayers.Create(random, small: false), images: 2),
            iter: Widths.Iterations(3000)
        );

    [Fact]
    public void Models_of_any_operations_give_the_plain_scores() =>
        Gen.Int.Sample(seed => CheckScores(seed, Any, images: 2), iter: Widths.Iterations(3000));

    [Fact]
    public void Batches_of_layers_give_the_plain_classes() =>
        Gen.Int.Sample(seed => CheckBatches(seed, random => RandomLayers.Create(random, small: true)), iter: Widths.Iterations(200));

    [Fact]
    public void Batches_of_models_of_any_operations_give_the_plain_classes() =>
        Gen.Int.Sample(seed => CheckBatches(seed, Any), iter: Widths.Iterations(40));

    private static (ModelInput Input, Operation[] Operations) Any(Random random)
    {
        BitModel model = RandomModels.Create(random);
        return (model.Input, [.. model.Operations]);
    }

    private static void CheckScores(int seed, Func<Random, (ModelInput Input, Operation[] Operations)> create, int images)
    {
        var random = new Random(seed);
        (ModelInput input, Operation[] operations) = create(random);
        BitModel[] models = [.. Widths.All.Select(width => new BitModel(input, operations, width))];
        long[] expected = new long[models[0].ClassCount],
            scores = new long[models[0].ClassCount];
        for (int i = 0; i < images; i++)
        {
            byte[] image = RandomModels.Image(models[0], random);
            int expectedClass = models[0].PredictPlainly(image, expected);
            foreach (BitModel model in models)
            {
                Assert.Equal(expectedClass, model.Predict(image, scores));
                Assert.Equal(expected, scores);
            }
        }
    }

    private static void CheckBatches(int seed, Func<Random, (ModelInput Input, Operation[] Operations)> create)
    {
        var random = new Random(seed);
        (ModelInput input, Operation[] operations) = create(random);
        BitModel[] models = [.. Widths.All.Select(width => new BitModel(input, operations, width))];
        int pixels = models[0].Values[0].Count;
        var images = new byte[pixels * s_batches[^1]];
        random.NextBytes(images);
        var scores = new long[models[0].ClassCount];
        int[] expected =
        [
            .. Enumerable.Range(0, s_batches[^1]).Select(i => models[0].PredictPlainly(images.AsSpan(i * pixels, pixels), scores)),
        ];
        foreach (BitModel model in models)
        {
            foreach (int count in s_batches)
            {
                var classes = Build.Repeat(-1, count);
                model.PredictBatch(images.AsSpan(0, count * pixels), classes);
                Assert.Equal(expected[..count], classes);
            }
        }
    }
}
