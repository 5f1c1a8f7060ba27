namespace Onebit.Study;

/// <summary>
/// McNemar's test of two classifiers on the same images: of the images that exactly one of them gets right, how likely
/// is a split at least this uneven if each were as likely to be right? Exact, two-sided binomial.
/// </summary>
/// <param name="FirstOnly">Images that the first alone gets right.</param>
/// <param name="SecondOnly">Images that the second alone gets right.</param>
public sealed record McNemar(int FirstOnly, int SecondOnly)
{
    /// <summary>The probability of such a split by chance alone.</summary>
    public double P { get; } = TwoSided(Math.Min(FirstOnly, SecondOnly), FirstOnly + SecondOnly);

    /// <summary>The difference is more than chance, at the usual level of one in twenty.</summary>
    public bool MoreThanChance => P < 0.05;

    /// <summary>Compares the predicted classes of two classifiers.</summary>
    /// <exception cref="ArgumentException">There is not one prediction of each for every label.</exception>
    public static McNemar Compare(ReadOnlySpan<byte> labels, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.Length != labels.Length || second.Length != labels.Length)
        {
            throw new ArgumentException($"{first.Length} and {second.Length} predictions are not one for each of {labels.Length} labels.");
        }

        int firstOnly = 0,
            secondOnly = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            bool firstRight = first[i] == labels[i],
                secondRight = second[i] == labels[i];
            if (firstRight && !secondRight)
            {
                firstOnly++;
            }
            else if (secondRight && !firstRight)
            {
                secondOnly++;
            }
        }
        return new McNemar(firstOnly, secondOnly);
    }

    // Twice the lower tail of Binomial(trials, 1/2). Its largest term in log space, where 2^-trials cannot vanish;
    // the others relative to it.
    private static double TwoSided(int fewer, int trials)
    {
        double logLargest = -trials * Math.Log(2);
        for (int k = 1; k <= fewer; k++)
        {
            logLargest += Math.Log((double)(trials - k + 1) / k);
        }

        double sum = 0,
            term = 1;
        for (int k = fewer; k >= 0; k--)
        {
            sum += term;
            term *= (double)k / (trials - k + 1);
        }
        return Math.Min(1, 2 * Math.Exp(logLargest) * sum);
    }
}
