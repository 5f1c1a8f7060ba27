using System.Globalization;
using Onebit.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Generation of bits by diffusion whose noise flips them (Austin et al. 2021, with their uniform transitions; for two states
/// Sohl-Dickstein et al. 2015). A pixel is 1 with probability <c>byte / 255</c>, drawn anew each time. The loss is the bound on the
/// negative log-likelihood in nats per image: the Kullback-Leibler divergence of one step from a random level, times the number of levels.
/// </summary>
internal sealed class BitGeneration : ITask
{
    private const string ValidationBoundName = "validationBound";
    private const int BatchSize = 100,
        EvaluationSeed = 1;

    private readonly Experiment _experiment;
    private readonly DataSplit _data;
    private readonly IReadOnlyList<Network> _teachers;
    private readonly int _levels;

    internal BitGeneration(Experiment experiment, DataSplit data, IReadOnlyList<Network> teachers) =>
        (_experiment, _data, _teachers, _levels) = (experiment, data, teachers, experiment.Generation!.Levels);

    public void Dispose()
    {
        foreach (Network teacher in _teachers)
        {
            teacher.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Forward(Network network, Tensor pixels, Tensor indices)
    {
        var denoiser = BitDenoiser.Of(network);
        Tensor levels = RandomLevels(pixels.shape[0]);
        _ = denoiser.Predict(Flipped(Bits(pixels), denoiser.Kept(levels)), levels);
    }

    /// <inheritdoc/>
    public Tensor Loss(Network network, Tensor pixels, Tensor indices)
    {
        var denoiser = BitDenoiser.Of(network);
        Tensor clean = Bits(pixels),
            from = RandomLevels(pixels.shape[0]);
        Tensor to = from - 1,
            noisy = Flipped(clean, denoiser.Kept(from));
        Tensor step = denoiser.Step(noisy, from, to, denoiser.Predict(noisy, from)),
            divergence = Divergence(denoiser.TrueStep(noisy, from, to, clean), step);
        if (_experiment.Distillation is { } d)
        {
            Tensor taught;
            using (no_grad())
            {
                taught =
                    _teachers
                        .Select(BitDenoiser.Of)
                        .Select(t => t.Step(noisy, from, to, t.Predict(noisy, from)))
                        .Aggregate((sum, p) => sum + p) / _teachers.Count;
            }

            divergence = divergence * (1 - d.Weight) + Divergence(taught, step) * d.Weight;
        }

        return (divergence.mean() * _levels).to(ScalarType.Float32);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Curve, double Value)> Validate(Network network) =>
        [(ValidationBoundName, InEvaluation(network, d => Estimate(d, _data.Validation)))];

    /// <inheritdoc/>
    public string? Describe(TrainingCurves curves) =>
        curves.TryGetValue(ValidationBoundName, out List<double>? bounds)
            ? string.Create(CultureInfo.InvariantCulture, $"validation {bounds[^1]:F2} nats")
            : null;

    /// <inheritdoc/>
    public double Score(Network network, ImageSet images) => -InEvaluation(network, d => Estimate(d, images));

    /// <inheritdoc/>
    public BitModel Pack(Network network) => Packer.Pack(network, null, _experiment.ScaleBits ?? Affine.MultiplierBits);

    /// <inheritdoc/>
    public RunResult Evaluate(RunResult run, Network network, BitModel? model)
    {
        using TorchBitModel? packed = model is null ? null : new TorchBitModel(model);
        return InEvaluation(
            network,
            d =>
            {
                BitDenoiser denoiser = packed is null ? d : BitDenoiser.Of(packed);
                return new BitGenerationResult(run)
                {
                    ValidationBound = Estimate(denoiser, _data.Validation),
                    Bounds = Bounds(denoiser, _data.Test),
                };
            }
        );
    }

    private static T InEvaluation<T>(Network network, Func<BitDenoiser, T> evaluate)
    {
        using var _ = no_grad();
        bool training = network.training;
        network.eval();
        T value = evaluate(BitDenoiser.Of(network));
        network.train(training);
        return value;
    }

    /// <summary>The bound from one level of each image, in turn. Images fewer than levels are seen again.</summary>
    private double Estimate(BitDenoiser denoiser, ImageSet images)
    {
        using var outer = NewDisposeScope();
        // Of its own generator, so that the training's random numbers stay what they are.
        using var generator = new torch.Generator(EvaluationSeed);
        double sum = 0;
        long seen = 0;
        while (seen < Math.Max(images.Count, _levels))
        {
            foreach ((_, Tensor clean) in Batches(images, generator))
            {
                using var scope = NewDisposeScope();
                Tensor from = arange(seen, seen + clean.shape[0]) % _levels + 1;
                Tensor noisy = Flipped(clean, denoiser.Kept(from), generator);
                sum += Divergence(denoiser, clean, noisy, from, from - 1, denoiser.Predict(noisy, from)).sum().item<double>();
                seen += clean.shape[0];
            }
        }

        return sum / seen * _levels;
    }

    /// <summary>The bound of samplers of all steps and of half as many. Each image is seen once at every level.</summary>
    internal LikelihoodBound[] Bounds(BitDenoiser denoiser, ImageSet images)
    {
        using var outer = NewDisposeScope();
        using var generator = new torch.Generator(EvaluationSeed);
        (int[] Visited, double[] Nats)[] samplers =
        [
            .. new[] { _levels, _levels / 2 }
                .Where(steps => steps > 0)
                .Select(steps => (denoiser.Schedule.Visited(steps), new double[images.Count])),
        ];
        foreach ((long start, Tensor clean) in Batches(images, generator))
        {
            foreach (int level in samplers[0].Visited)
            {
                using var scope = NewDisposeScope();
                Tensor from = full([clean.shape[0]], level, ScalarType.Int64);
                Tensor noisy = Flipped(clean, denoiser.Kept(from), generator);
                Tensor predicted = denoiser.Predict(noisy, from);
                foreach ((int[] visited, double[] nats) in samplers)
                {
                    int k = Array.IndexOf(visited, level);
                    if (k < 0)
                    {
                        continue;
                    }

                    Tensor to = full_like(from, k + 1 < visited.Length ? visited[k + 1] : 0);
                    double[] divergences = Divergence(denoiser, clean, noisy, from, to, predicted).data<double>().ToArray();
                    for (int i = 0; i < divergences.Length; i++)
                    {
                        nats[start + i] += divergences[i];
                    }
                }
            }
        }

        return [.. samplers.Select(s => LikelihoodBound.Of(s.Visited.Length, s.Nats))];
    }

    /// <summary>Batches of images as bits, each with the number of its first image.</summary>
    private static IEnumerable<(long Start, Tensor Clean)> Batches(ImageSet images, torch.Generator generator)
    {
        Tensor pixels = Evaluator.Pixels(images);
        for (long start = 0; start < images.Count; start += BatchSize)
        {
            using Tensor clean = Bits(pixels.narrow(0, start, Math.Min(BatchSize, images.Count - start)), generator);
            yield return (start, clean);
        }
    }

    private Tensor RandomLevels(long count) => randint(1, _levels + 1, [count], ScalarType.Int64);

    /// <summary>Bytes as bits, -1 and +1: +1 with probability <c>byte / 255</c>.</summary>
    private static Tensor Bits(Tensor pixels, torch.Generator? generator = null) =>
        (rand(pixels.shape, generator: generator) * 255).lt(pixels).to(ScalarType.Float32).mul_(2).sub_(1);

    /// <summary>Bits, of which each stays what it is with a probability by image.</summary>
    private static Tensor Flipped(Tensor clean, Tensor kept, torch.Generator? generator = null) =>
        clean * rand(clean.shape, generator: generator).lt(kept).to(ScalarType.Float32).mul_(2).sub_(1);

    private static Tensor Divergence(BitDenoiser denoiser, Tensor clean, Tensor noisy, Tensor from, Tensor to, Tensor predicted) =>
        Divergence(denoiser.TrueStep(noisy, from, to, clean), denoiser.Step(noisy, from, to, predicted));

    /// <summary>The Kullback-Leibler divergence of the bits of each image, in nats, by the probabilities of +1.</summary>
    private static Tensor Divergence(Tensor wanted, Tensor given)
    {
        Tensor entropy = wanted.xlogy(wanted) + (1 - wanted).xlogy(1 - wanted),
            cross = wanted * given.log() + (1 - wanted) * (1 - given).log();
        return (entropy - cross).sum([1, 2, 3]);
    }
}
