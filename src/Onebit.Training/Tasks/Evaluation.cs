namespace Onebit.Training;

/// <summary>What a network does on a set of labelled images.</summary>
/// <param name="Accuracy">Fraction right.</param>
/// <param name="Loss">Mean cross-entropy.</param>
/// <param name="Predictions">The predicted class of each image.</param>
public sealed record Evaluation(double Accuracy, double Loss, byte[] Predictions)
{
    /// <summary>Fraction of the predictions that are right.</summary>
    public static double AccuracyOf(ReadOnlySpan<byte> labels, ReadOnlySpan<byte> predictions)
    {
        int right = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            right += predictions[i] == labels[i] ? 1 : 0;
        }

        return (double)right / labels.Length;
    }

    /// <summary>The same of some images alone.</summary>
    /// <param name="labels">Of all images.</param>
    /// <param name="predictions">Of all images.</param>
    /// <param name="indices">Which images count.</param>
    public static double AccuracyOf(ReadOnlySpan<byte> labels, ReadOnlySpan<byte> predictions, IReadOnlyList<int> indices)
    {
        int right = 0;
        foreach (int i in indices)
        {
            right += predictions[i] == labels[i] ? 1 : 0;
        }

        return (double)right / indices.Count;
    }

    /// <summary>Counts: row = true class, column = predicted class.</summary>
    public static int[][] Confusion(ReadOnlySpan<byte> labels, ReadOnlySpan<byte> predictions, int classes)
    {
        int[][] counts = Enumerable.Range(0, classes).Select(_ => new int[classes]).ToArray();
        for (int i = 0; i < labels.Length; i++)
        {
            counts[labels[i]][predictions[i]]++;
        }

        return counts;
    }
}
