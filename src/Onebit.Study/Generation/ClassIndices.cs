using Onebit.Training;

namespace Onebit.Study;

/// <summary>Which images of a set have which class.</summary>
internal static class ClassIndices
{
    /// <summary>Per class the indices of its images, in their order.</summary>
    /// <param name="labels">One class per image, below <paramref name="classes"/>.</param>
    /// <param name="classes">Number of classes.</param>
    internal static int[][] Of(ReadOnlySpan<byte> labels, int classes)
    {
        int[][] indices = [.. Counts(labels, classes).Select(count => new int[count])];
        int[] next = new int[classes];
        for (int i = 0; i < labels.Length; i++)
        {
            indices[labels[i]][next[labels[i]]++] = i;
        }

        return indices;
    }

    /// <summary>Images per class.</summary>
    internal static int[] Counts(ReadOnlySpan<byte> labels, int classes)
    {
        int[] counts = new int[classes];
        foreach (byte label in labels)
        {
            counts[label]++;
        }

        return counts;
    }

    /// <summary>The first images of each class, as many as asked for, in the order of the set.</summary>
    /// <exception cref="ExperimentException">A class has fewer.</exception>
    internal static int[] First(ReadOnlySpan<byte> labels, int[] counts)
    {
        int[][] indices = Of(labels, counts.Length);
        int poor = Enumerable.Range(0, counts.Length).FirstOrDefault(c => indices[c].Length < counts[c], -1);
        return poor < 0
            ? [.. indices.SelectMany((of, c) => of.Take(counts[c])).Order()]
            : throw new ExperimentException(
                $"Class {poor} has {indices[poor].Length} training images, fewer than the {counts[poor]} to compare with."
            );
    }
}
