using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// How a network leads bits, -1 and +1, from one noise level to a lower one. Its output, times 4, is the logit of each bit of the clean
/// image as the other bits tell it. Bayes' rule adds what the noisy bit itself tells: the reverse process of Austin et al. 2021, equation
/// 4, for two states, with <c>p(x0 | xt)</c> proportional to the network's probability times <c>q(xt | x0)</c>.
/// </summary>
internal sealed class BitDenoiser
{
    // As many logits are one of a network's output, in which the clean images of other diffusion models are -1 to 1.
    private const int LogitsPerOne = 4,
        ProbabilityBits = 16;

    // 2^6 of a packed model's output, which counts in 2^-12, are a sixteenth of a logit.
    private const long SixteenthBits = Generator.FractionBits - 6;

    // Probabilities of clean bits are at least this, as in packed models.
    private static readonly double s_least = Math.ScaleB(1, -ProbabilityBits);

    // A packed model's probabilities by logit: -12 to 12 in sixteenths, the middle of each.
    private static readonly long[] s_table =
    [
        .. Enumerable
            .Range(-12 * 16, 2 * 12 * 16)
            .Select(i =>
                (long)Math.Clamp(Math.Round((1 << ProbabilityBits) / (1 + Math.Exp(-(i + 0.5) / 16))), 1, (1 << ProbabilityBits) - 1)
            ),
    ];

    private readonly Func<Tensor, Tensor, Tensor> _predict;
    private readonly Func<Tensor, Tensor, Tensor, Tensor, Tensor> _posterior;

    private BitDenoiser(
        NoiseSchedule schedule,
        Func<Tensor, Tensor, Tensor> predict,
        Func<Tensor, Tensor, Tensor, Tensor, Tensor> posterior
    ) => (Schedule, _predict, _posterior) = (schedule, predict, posterior);

    /// <summary>The noise levels.</summary>
    internal NoiseSchedule Schedule { get; }

    /// <summary>In floating point.</summary>
    internal static BitDenoiser Of(Network network) =>
        new(
            network.Generation!.Schedule,
            (noisy, levels) =>
                (network.Denoise(noisy, levels, zeros_like(levels)).to(ScalarType.Float64) * (LogitsPerOne / 2.0)).tanh()
                * (1 - 2 * s_least),
            (noisy, from, to, mean) => Posterior(noisy, InOnes(from), InOnes(to), mean)
        );

    /// <summary>In integers, the same as the runtime's.</summary>
    internal static BitDenoiser Of(TorchBitModel model) =>
        new(
            model.Input.Diffusion!.Schedule,
            (noisy, levels) =>
            {
                Tensor codes = model.DenoiseCodes((noisy * (1 << Generator.FractionBits)).flatten(1), levels, zeros_like(levels));
                Tensor sixteenths = codes.to(ScalarType.Int64).bitwise_right_shift(tensor(SixteenthBits));
                return tensor(s_table)
                    .index_select(0, (sixteenths + s_table.Length / 2).clamp(0, s_table.Length - 1).flatten())
                    .view(codes.shape);
            },
            (noisy, from, to, probability) =>
            {
                const long Whole = 1L << NoiseSchedule.FractionBits + ProbabilityBits;
                Tensor told = from * noisy.to(ScalarType.Int64),
                    mean = probability * 2 - (1 << ProbabilityBits);
                Tensor one = (to + told) * (to * mean + Whole),
                    sum = one + (to - told) * (Whole - to * mean);
                Tensor rounded = (one * (1 << ProbabilityBits) + sum.bitwise_right_shift(tensor(1L))).div(
                    sum.clamp_min(1),
                    RoundingMode.floor
                );
                return rounded.clamp(1, (1 << ProbabilityBits) - 1).to(ScalarType.Float64) * s_least;
            }
        );

    /// <summary>What the network tells of the clean image, for <see cref="Step"/>.</summary>
    /// <param name="noisy">Bits, -1 and +1, batch x channels x height x width.</param>
    /// <param name="levels">The noise level of each image, from 1, int64.</param>
    internal Tensor Predict(Tensor noisy, Tensor levels) => _predict(noisy, levels);

    /// <summary>The probability of +1 at a lower level, float64.</summary>
    /// <param name="noisy">Bits, -1 and +1, batch x channels x height x width.</param>
    /// <param name="from">Their level by image, int64.</param>
    /// <param name="to">The lower level, from 0.</param>
    /// <param name="predicted">From <see cref="Predict"/>.</param>
    internal Tensor Step(Tensor noisy, Tensor from, Tensor to, Tensor predicted) =>
        _posterior(noisy, SignalOf(from), SignalOf(to), predicted);

    /// <summary>The same where the clean image is known.</summary>
    internal Tensor TrueStep(Tensor noisy, Tensor from, Tensor to, Tensor clean) =>
        Posterior(noisy, InOnes(SignalOf(from)), InOnes(SignalOf(to)), clean);

    /// <summary>The probability that a bit of a level is still what it was.</summary>
    internal Tensor Kept(Tensor levels) => (InOnes(SignalOf(levels)) + 1) / 2;

    /// <summary>The probability of +1 at a lower level.</summary>
    /// <param name="noisy">Bits, -1 and +1.</param>
    /// <param name="from">The signal of their level.</param>
    /// <param name="to">The signal of the lower level.</param>
    /// <param name="mean">The mean of the clean bits, -1 to 1, as all else than the noisy bit tells it.</param>
    private static Tensor Posterior(Tensor noisy, Tensor from, Tensor to, Tensor mean)
    {
        // q(noisy | +1) p(+1), and the same of -1.
        Tensor one = (to + from * noisy) * (to * mean + 1),
            other = (to - from * noisy) * (1 - to * mean);
        return one / (one + other);
    }

    private Tensor SignalOf(Tensor levels) =>
        tensor(Schedule.Signal.ToArray().Select(s => (long)s).ToArray()).index_select(0, levels).view(-1, 1, 1, 1);

    private static Tensor InOnes(Tensor signal) => signal.to(ScalarType.Float64) * Math.ScaleB(1, -NoiseSchedule.FractionBits);
}
