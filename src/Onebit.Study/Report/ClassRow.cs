namespace Onebit.Study;

/// <summary>One class of a confusion matrix: a line where a matrix has too many columns to be read.</summary>
/// <param name="Class">The class.</param>
/// <param name="Images">How many images have it.</param>
/// <param name="Right">How many of them were predicted so.</param>
/// <param name="Mistakes">What the others were predicted as, at most three classes, the most frequent first.</param>
public sealed record ClassRow(int Class, int Images, int Right, IReadOnlyList<(int Class, int Count)> Mistakes)
{
    /// <summary>From so many classes on pages show lines and no matrix.</summary>
    public const int MinClasses = 21;

    private const int Shown = 3;

    /// <summary>The lines of a matrix of counts, rows = true classes (or clusters), columns = predicted ones.</summary>
    public static IEnumerable<ClassRow> Of(IReadOnlyList<IReadOnlyList<int>> confusion) => confusion.Select((row, c) => Of(row, c, c));

    /// <summary>The line of one row.</summary>
    /// <param name="row">Counts by class.</param>
    /// <param name="index">The row's class or cluster.</param>
    /// <param name="right">The class that is right.</param>
    internal static ClassRow Of(IReadOnlyList<int> row, int index, int right) =>
        new(
            index,
            row.Sum(),
            row[right],
            [
                .. row.Select((count, c) => (Class: c, Count: count))
                    .Where(m => m.Class != right && m.Count > 0)
                    .OrderByDescending(m => m.Count)
                    .Take(Shown),
            ]
        );
}
