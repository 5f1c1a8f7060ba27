using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>The forms of a network with stochastic weights.</summary>
public sealed class StochasticFormTests : TrainingTests
{
    [Fact]
    public void Every_form_of_a_stochastic_network_is_reported_and_an_honest_one_is_packed()
    {
        ClassificationResult result = Run(Small("binaryconnect-stochastic"), _folder.Path);
        Assert.Equal(
            [
                (WeightForm.Sampled, false),
                (WeightForm.Frozen, false),
                (WeightForm.Frozen, true),
                (WeightForm.Sign, false),
                (WeightForm.Sign, true),
                (WeightForm.Latent, false),
                (WeightForm.Latent, true),
            ],
            result.Forms!.Select(f => (f.Form, f.Reestimated))
        );
        FormEvaluation best = result
            .Forms!.Where(f => f is { Form: WeightForm.Frozen } or { Form: WeightForm.Sign, Reestimated: true })
            .OrderByDescending(f => f.ValidationAccuracy)
            .First();
        Assert.Equal(best.Form.ToString().ToLowerInvariant() + (best.Reestimated ? ", statistics re-estimated" : ""), result.EvaluatedForm);
        Assert.Equal(best.TestAccuracy, result.UnfoldedTestAccuracy);

        // The bits in the file are the form's: a draw by the run's seed, or signs.
        using var scope = NewDisposeScope();
        Linear[] packed = [.. BitModel.Load(_folder.File(RunFolder.ModelFile)).Operations.OfType<Linear>()];
        Tensor[] latent =
        [
            .. SafeTensors
                .Load(_folder.File(RunFolder.WeightsFile))
                .Tensors.Where(t => t.Key.EndsWith("weight", StringComparison.Ordinal))
                .Select(t => t.Value),
        ];
        Assert.Equal(2, packed.Length);
        manual_seed(1);
        for (int i = 0; i < packed.Length; i++)
        {
            bool[] positive = (best.Form == WeightForm.Frozen ? StochasticWeights.Sample(latent[i]) : latent[i])
                .ge(0)
                .flatten()
                .data<bool>()
                .ToArray();
            Assert.Equal(positive, positive.Select((_, b) => (packed[i].Weights.Span[b / 8] >> b % 8 & 1) == 1));
        }
    }

    [Fact]
    public void Statistics_measured_anew_are_those_of_the_form()
    {
        // Latent weights give far smaller sums than the signs drawn from them, and training saw the sums of signs.
        IReadOnlyList<FormEvaluation> forms = Run(
            Small("binaryconnect-stochastic") with
            {
                Epochs = 12,
                BatchSize = 50,
            },
            _folder.Path
        ).Forms!;
        double Accuracy(WeightForm form, bool reestimated) =>
            forms.Single(f => f.Form == form && f.Reestimated == reestimated).TestAccuracy;
        Assert.True(Accuracy(WeightForm.Latent, true) > Accuracy(WeightForm.Latent, false) + 0.1, string.Join('\n', forms));
        Assert.True(Accuracy(WeightForm.Sign, true) > 0.3, string.Join('\n', forms));
    }

    [Fact]
    public void A_stochastic_network_that_no_file_holds_is_evaluated_as_it_was_trained()
    {
        ClassificationResult result = Run(
            Small("binaryconnect-stochastic") with
            {
                Network = Spec("""[{ "type": "dense", "bias": true, "divideByRootFanIn": true }]"""),
                Pixels = PixelEncoding.Unit,
                ActivationBits = 32,
            },
            _folder.Path
        );
        Assert.False(result.Packed);
        Assert.Equal("pixels are seen as unit, not as bytes, bits or signs", result.NotPackedBecause);
        Assert.Equal("sampled", result.EvaluatedForm);
        Assert.Equal([WeightForm.Sampled, WeightForm.Frozen, WeightForm.Sign, WeightForm.Latent], result.Forms!.Select(f => f.Form));
        Assert.Equal(
            (result.TestAccuracy, Accuracy(result.TestPredictions, s_mnist.Test)),
            (result.UnfoldedTestAccuracy, result.TestAccuracy)
        );
        // A bit for each weight, four bytes for each bias.
        Assert.Equal(784 * 10 / 8 + 10 * 4, result.ModelBytes);
        Assert.False(File.Exists(_folder.File(RunFolder.ModelFile)));
    }
}
