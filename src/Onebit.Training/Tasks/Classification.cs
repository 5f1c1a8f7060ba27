using System.Globalization;
using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Classification: a label is a class. The loss is of the labels and, where there are teachers, of the probabilities they give. The metrics
/// are accuracy, cross-entropy and the predicted classes.
/// </summary>
internal sealed class Classification(
    Experiment experiment,
    DataSplit data,
    IReadOnlyList<string> classNames,
    IReadOnlyList<Network> teachers,
    ImagePreparation preparation = ImagePreparation.Unknown
) : ITask
{
    private readonly Tensor _labels = tensor(data.Train.Labels.ToArray(), ScalarType.Byte).to(ScalarType.Int64).DetachFromDisposeScope();

    private IReadOnlyList<string> Layers => experiment.Distillation?.Layers ?? [];

    public void Dispose()
    {
        _labels.Dispose();
        foreach (Network teacher in teachers)
        {
            teacher.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Forward(Network network, Tensor pixels, Tensor indices) => network.forward(network.Prepare(pixels));

    /// <inheritdoc/>
    public Tensor Loss(Network network, Tensor pixels, Tensor indices) =>
        Loss(network, network.Trace(network.Prepare(pixels), Layers), _labels.index_select(0, indices), pixels);

    /// <inheritdoc/>
    public IReadOnlyList<(string Curve, double Value)> Validate(Network network)
    {
        Evaluation evaluation = Evaluator.Evaluate(network, data.Validation);
        return
        [
            (ClassificationCurves.ValidationLossName, evaluation.Loss),
            (ClassificationCurves.ValidationAccuracyName, evaluation.Accuracy),
        ];
    }

    /// <inheritdoc/>
    public string? Describe(TrainingCurves curves) =>
        curves.TryGetValue(ClassificationCurves.ValidationAccuracyName, out List<double>? accuracies)
            ? string.Create(CultureInfo.InvariantCulture, $"validation {accuracies[^1]:P2}")
            : null;

    /// <inheritdoc/>
    public double Score(Network network, ImageSet images) => Evaluator.Evaluate(network, images).Accuracy;

    /// <inheritdoc/>
    public BitModel Pack(Network network) =>
        Packer.Pack(network, classNames, experiment.ScaleBits ?? Affine.MultiplierBits).WithPreparation(preparation);

    /// <inheritdoc/>
    public RunResult Evaluate(RunResult run, Network network, BitModel? model)
    {
        Evaluation unfolded = Evaluator.Evaluate(network, data.Test);
        Evaluation test = model is null ? unfolded : Evaluator.Evaluate(model, data.Test);
        Evaluation validation = model is null ? Evaluator.Evaluate(network, data.Validation) : Evaluator.Evaluate(model, data.Validation);
        return new ClassificationResult(run)
        {
            TestAccuracy = test.Accuracy,
            TestLoss = test.Loss,
            ValidationAccuracy = validation.Accuracy,
            UnfoldedTestAccuracy = unfolded.Accuracy,
            TestPredictions = test.Predictions,
        };
    }

    /// <summary>The loss of a batch, one number.</summary>
    /// <param name="network">The network.</param>
    /// <param name="values">All its values for the batch.</param>
    /// <param name="labels">int64, one per image.</param>
    /// <param name="pixels">What the teachers see.</param>
    internal Tensor Loss(Network network, Tensor[] values, Tensor labels, Tensor pixels)
    {
        Tensor logits = values[^1].flatten(1),
            loss = Loss(experiment.Loss, logits, labels);
        if (experiment.Distillation is not { } d)
        {
            return loss;
        }

        Tensor[][] taught;
        Tensor probabilities;
        using (no_grad())
        {
            taught = [.. teachers.Select(t => t.Trace(t.Prepare(pixels), Layers))];
            probabilities =
                taught.Select(t => (t[^1].flatten(1) / d.Temperature).softmax(1)).Aggregate((sum, p) => sum + p) / teachers.Count;
        }

        Tensor distance =
            nn.functional.kl_div((logits / d.Temperature).log_softmax(1), probabilities, log_target: false, reduction: nn.Reduction.Sum)
            / logits.shape[0];
        loss = loss * (1 - d.Weight) + distance * (d.Weight * d.Temperature * d.Temperature);
        foreach (string layer in d.Layers ?? [])
        {
            Tensor own = network.InOnes(values, layer);
            IEnumerable<Tensor> differences = teachers.Zip(taught, (t, v) => Distance(own, t.InOnes(v, layer)));
            loss += differences.Aggregate((sum, difference) => sum + difference) * (d.LayerWeight / (teachers.Count * d.Layers!.Count));
        }

        return loss;

        // Over permuted values: libtorch's gradient is contiguous, and then has channels last.
        static Tensor Distance(Tensor x, Tensor y) => nn.functional.mse_loss(x.movedim([1], [-1]), y.movedim([1], [-1]));
    }

    internal static Tensor Loss(LossType type, Tensor logits, Tensor labels)
    {
        if (type == LossType.CrossEntropy)
        {
            return nn.functional.cross_entropy(logits, labels);
        }

        Tensor target = nn.functional.one_hot(labels, logits.shape[1]).to(ScalarType.Float32) * 2 - 1;
        return (1 - target * logits).clamp_min(0).square().mean();
    }
}
