namespace Onebit.Training;

/// <summary>What a network does on a set of labelled images.</summary>
/// <param name="Accuracy">Fraction right.</param>
/// <param name="Loss">Mean cross-entropy.</param>
/// <param name="Predictions">The predicted class of each image.</param>
public sealed record Evaluation(double Accuracy, double Loss, byte[] Predictions)
{
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
