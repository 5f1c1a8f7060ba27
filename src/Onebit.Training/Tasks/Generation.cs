using System.Globalization;
using Onebit.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Generation with a diffusion model (Ho, Jain &amp; Abbeel 2020). An image, pixels from -1 to 1, gets a random noise level and noise, see
/// <see cref="NoiseSchedule"/>. The network predicts the clean image. The loss is its mean squared error, times
/// <c>min(1 / noise^2, 5)</c>: that of Salimans &amp; Ho 2022, section 4 (the error of v), bounded as by Hang et al. 2023.
/// </summary>
internal sealed class Generation : ITask
{
    private const string ValidationLossName = "validationLoss";
    private const double MaxWeight = 5;
    private const int BatchSize = 100,
        EvaluationSeed = 1;

    private readonly Experiment _experiment;
    private readonly DataSplit _data;
    private readonly IReadOnlyList<string>? _classNames;
    private readonly IReadOnlyList<Network> _teachers;
    private readonly GenerationSpec _spec;
    private readonly NoiseSchedule _schedule;
    private readonly Tensor _labels;

    /// <summary>The task of an experiment.</summary>
    /// <exception cref="ExperimentException">Guidance needs teachers that learned without classes too.</exception>
    internal Generation(Experiment experiment, DataSplit data, IReadOnlyList<string>? classNames, IReadOnlyList<Network> teachers)
    {
        (_experiment, _data, _classNames, _teachers) = (experiment, data, classNames, teachers);
        _spec = experiment.Generation!;
        if (_spec.Guidance > 0 && teachers.Any(t => t.Generation?.ClassDropout is not > 0))
        {
            throw new ExperimentException("Guidance needs teachers that were trained with a classDropout.");
        }

        _schedule = _spec.Schedule;
        _labels = ToTensor(data.Train.Labels.Span).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        _labels.Dispose();
        foreach (Network teacher in _teachers)
        {
            teacher.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Forward(Network network, Tensor pixels, Tensor indices)
    {
        Tensor levels = RandomLevels(pixels.shape[0]),
            clean = ToOnes(pixels);
        _ = network.Denoise(Noisy(clean, randn_like(clean), levels), levels, _labels.index_select(0, indices));
    }

    /// <inheritdoc/>
    public Tensor Loss(Network network, Tensor pixels, Tensor indices)
    {
        Tensor clean = ToOnes(pixels),
            labels = _labels.index_select(0, indices),
            levels = RandomLevels(pixels.shape[0]);
        Tensor noisy = Noisy(clean, randn_like(clean), levels),
            predicted = network.Denoise(noisy, levels, Drop(labels, network.Classes));
        Tensor errors = Errors(predicted, clean);
        if (_experiment.Distillation is { } d)
        {
            Tensor taught;
            using (no_grad())
            {
                taught = _teachers.Select(t => Guided(t, noisy, levels, labels)).Aggregate((sum, x) => sum + x) / _teachers.Count;
            }

            errors = errors * (1 - d.Weight) + Errors(predicted, taught) * d.Weight;
        }

        return (errors * ByLevel(Weights, levels).flatten()).mean();
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Curve, double Value)> Validate(Network network) =>
        [(ValidationLossName, Loss(DenoisingErrors(network, _data.Validation)))];

    /// <inheritdoc/>
    public string? Describe(TrainingCurves curves) =>
        curves.TryGetValue(ValidationLossName, out List<double>? losses)
            ? string.Create(CultureInfo.InvariantCulture, $"validation {losses[^1]:F4}")
            : null;

    /// <inheritdoc/>
    public double Score(Network network, ImageSet images) => -Loss(DenoisingErrors(network, images));

    /// <inheritdoc/>
    public BitModel Pack(Network network) => Packer.Pack(network, _classNames, _experiment.ScaleBits ?? Affine.MultiplierBits);

    /// <inheritdoc/>
    public RunResult Evaluate(RunResult run, Network network, BitModel? model)
    {
        using TorchBitModel? packed = model is null ? null : new TorchBitModel(model);
        Func<ImageSet, double[]> denoisingErrors = packed is null
            ? images => DenoisingErrors(network, images)
            : images => DenoisingErrors(packed.Denoise, images);
        double[] errors = denoisingErrors(_data.Test);
        return new GenerationResult(run)
        {
            ValidationLoss = Loss(denoisingErrors(_data.Validation)),
            TestLoss = Loss(errors),
            DenoisingErrors = errors,
        };
    }

    /// <summary>Labels, some of them replaced by the one that stands for none.</summary>
    private Tensor Drop(Tensor labels, int none) =>
        _spec.ClassDropout == 0 ? labels : labels.masked_fill(rand(labels.shape).lt(_spec.ClassDropout), none);

    /// <summary>What a teacher predicts, with the guidance asked for.</summary>
    private Tensor Guided(Network teacher, Tensor noisy, Tensor levels, Tensor labels)
    {
        Tensor told = teacher.Denoise(noisy, levels, labels);
        if (_spec.Guidance == 0)
        {
            return told;
        }

        Tensor untold = teacher.Denoise(noisy, levels, full_like(labels, teacher.Classes));
        return (told + (told - untold) * _spec.Guidance).clamp_(-1, 1);
    }

    /// <summary>Bytes as pixels from -1 to 1.</summary>
    private static Tensor ToOnes(Tensor pixels) => pixels.to(ScalarType.Float32).div(127.5).sub_(1);

    private static Tensor ToTensor(ReadOnlySpan<byte> labels) => tensor(labels.ToArray(), ScalarType.Byte).to(ScalarType.Int64);

    private static Tensor Errors(Tensor predicted, Tensor target) => (predicted - target).square().mean([1, 2, 3]);

    private Tensor RandomLevels(long count) => randint(1, _schedule.Levels + 1, [count], ScalarType.Int64);

    private Tensor Noisy(Tensor clean, Tensor noise, Tensor levels) =>
        clean * ByLevel(InOnes(_schedule.Signal), levels) + noise * ByLevel(InOnes(_schedule.Noise), levels);

    /// <summary>The weight of an error in the loss, by level from 0 on.</summary>
    private double[] Weights => [.. InOnes(_schedule.Noise).Select(n => Math.Min(1 / (n * n), MaxWeight))];

    private static double[] InOnes(ReadOnlyMemory<int> factors) =>
        [.. factors.ToArray().Select(f => Math.ScaleB(f, -NoiseSchedule.FractionBits))];

    private static Tensor ByLevel(IReadOnlyList<double> numbers, Tensor levels) =>
        tensor([.. numbers.Select(n => (float)n)]).index_select(0, levels).view(-1, 1, 1, 1);

    /// <summary>
    /// The mean squared error of the predicted clean image by level. Each image has one level, in turn. Images fewer than levels are seen
    /// again.
    /// </summary>
    private double[] DenoisingErrors(Network network, ImageSet images)
    {
        bool training = network.training;
        network.eval();
        double[] errors = DenoisingErrors(network.Denoise, images);
        network.train(training);
        return errors;
    }

    private double[] DenoisingErrors(Func<Tensor, Tensor, Tensor, Tensor> denoise, ImageSet images)
    {
        using var _ = no_grad();
        using var outer = NewDisposeScope();
        // Of its own generator, so that the training's random numbers stay what they are.
        using var generator = new torch.Generator(EvaluationSeed);
        Tensor pixels = Evaluator.Pixels(images),
            labels = ToTensor(images.Labels.Span),
            sums = zeros(_schedule.Levels + 1),
            counts = zeros(_schedule.Levels + 1);
        for (long seen = 0, count; seen < Math.Max(images.Count, _schedule.Levels); seen += count)
        {
            using var scope = NewDisposeScope();
            long start = seen % images.Count;
            count = Math.Min(BatchSize, images.Count - start);
            Tensor levels = arange(seen, seen + count) % _schedule.Levels + 1,
                clean = ToOnes(pixels.narrow(0, start, count));
            Tensor noisy = Noisy(clean, randn(clean.shape, generator: generator), levels);
            Tensor errors = Errors(denoise(noisy, levels, labels.narrow(0, start, count)), clean);
            sums.index_add_(0, levels, errors, 1);
            counts.index_add_(0, levels, ones_like(errors), 1);
        }

        return [.. (sums / counts.clamp_min(1)).data<float>().Skip(1).Select(e => (double)e)];
    }

    private double Loss(double[] errors) => errors.Zip(Weights.Skip(1), (e, weight) => e * weight).Average();
}
