using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>What an experiment minimizes: a loss of the labels and, where it has teachers, one of their probabilities.</summary>
internal sealed class Objective : IDisposable
{
    private readonly LossType _loss;
    private readonly DistillationSpec? _distillation;
    private readonly Network[] _teachers;

    /// <summary>Loads the teachers.</summary>
    /// <exception cref="ExperimentException">A teacher is not there.</exception>
    internal Objective(Experiment experiment, Dataset data, string folder, int seed)
    {
        (_loss, _distillation) = (experiment.Loss, experiment.Distillation);
        _teachers = [.. (_distillation?.Teachers ?? []).Select(t => EarlierRun.Load(t, folder, seed, data))];
    }

    public void Dispose()
    {
        foreach (Network teacher in _teachers)
        {
            teacher.Dispose();
        }
    }

    /// <summary>The loss of a batch, one number.</summary>
    /// <param name="logits">Batch x classes.</param>
    /// <param name="labels">int64, one an image.</param>
    /// <param name="pixels">What the teachers see.</param>
    internal Tensor Loss(Tensor logits, Tensor labels, Tensor pixels)
    {
        Tensor loss = Loss(_loss, logits, labels);
        if (_distillation is not { } d)
        {
            return loss;
        }

        Tensor taught;
        using (no_grad())
        {
            taught =
                _teachers.Select(t => (t.forward(t.Prepare(pixels)) / d.Temperature).softmax(1)).Aggregate((sum, p) => sum + p)
                / _teachers.Length;
        }

        Tensor distance =
            nn.functional.kl_div((logits / d.Temperature).log_softmax(1), taught, log_target: false, reduction: nn.Reduction.Sum)
            / logits.shape[0];
        return loss * (1 - d.Weight) + distance * (d.Weight * d.Temperature * d.Temperature);
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
