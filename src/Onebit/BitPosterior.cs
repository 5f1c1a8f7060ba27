namespace Onebit;

/// <summary>
/// A step of diffusion on bits (Austin et al. 2021; Sohl-Dickstein et al. 2015). Noise flips bits: at level l a bit is what it was with
/// probability <c>(1 + s[l]) / 2</c>, where s is the schedule's signal. The model's output, in 2^-10, is the logit of a bit of the image,
/// as the other bits tell it. Bayes' rule gives the bit at a lower level.
/// </summary>
internal static class BitPosterior
{
    /// <summary>What probabilities count in.</summary>
    public const int One = 1 << 16;

    // Logits from -12 to 12 in sixteenths, of which the table has the middles.
    private const int Entries = 2 * 12 * 16,
        IndexShift = Generator.FractionBits - 2 - 4;

    private static readonly ushort[] s_probabilities = Probabilities();

    /// <summary>The probability of a 1 at a lower level, in 2^-16: 1 to 65,535.</summary>
    /// <param name="schedule">The noise levels.</param>
    /// <param name="from">The level of the bit, from 1.</param>
    /// <param name="to">A lower level, from 0.</param>
    /// <param name="isOne">The bit.</param>
    /// <param name="output">What the model gives for it.</param>
    public static int Of(NoiseSchedule schedule, int from, int to, bool isOne, int output)
    {
        const long Whole = 1L << NoiseSchedule.FractionBits + 16;
        // The mean of the image's bit, -1 or 1, in 2^-16.
        long mean = 2 * s_probabilities[Math.Clamp((output >> IndexShift) + Entries / 2, 0, Entries - 1)] - One,
            signal = schedule.Signal.Span[to],
            told = isOne ? schedule.Signal.Span[from] : -schedule.Signal.Span[from];
        // P(bit at level from | 1 at level to) P(1 at level to), and the same of -1. Both have less than 46 bits.
        long one = (signal + told) * (Whole + signal * mean),
            sum = one + (signal - told) * (Whole - signal * mean);
        return (int)Math.Clamp((one * One + sum / 2) / Math.Max(1, sum), 1, One - 1);
    }

    private static ushort[] Probabilities()
    {
        var table = new ushort[Entries];
        for (int i = 0; i < Entries; i++)
        {
            // No entry is near a half before rounding, so the last bits of the exponential do not matter.
            table[i] = (ushort)Math.Clamp(Math.Round(One / (1 + Math.Exp((Entries / 2 - 0.5 - i) / 16))), 1, One - 1);
        }

        return table;
    }
}
