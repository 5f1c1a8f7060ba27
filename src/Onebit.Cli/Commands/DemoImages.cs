using Onebit.Datasets;
using Onebit.Export;

namespace Onebit.Cli;

/// <summary>Chooses hard test images for a page: those on which its networks disagree.</summary>
internal static class DemoImages
{
    private const int Candidates = 500,
        Shown = 24;

    /// <summary>Of the images about which the first model is least sure, those that another network reads otherwise.</summary>
    /// <returns>Null: there are none.</returns>
    internal static DemoGallery? Choose(IReadOnlyList<DemoModel> models, FloatNetwork? network, ImageSet test)
    {
        BitModel first = models[0].Model;
        int classes = first.ClassCount;
        int[] predicted = new int[test.Count];
        long[] scores = new long[test.Count * classes];
        first.PredictBatch(test.Pixels.Span, predicted, scores);
        int[] unsure = [.. Enumerable.Range(0, test.Count).OrderBy(i => Margin(scores.AsSpan(i * classes, classes))).Take(Candidates)];
        (string Name, Func<int, int> Class)[] others =
        [
            .. network is null ? [] : new (string, Func<int, int>)[] { ("32 bits", i => network.Classify(test.Image(i))) },
            .. models
                .Skip(1)
                .Where(m => m.Accuracy is not null)
                .Select(m => (m.Name, (Func<int, int>)(i => m.Model.Predict(test.Image(i))))),
        ];
        (string Name, Func<int, int> Class)? other = others.Length == 0 ? null : others[0];
        IReadOnlyList<string> names = first.ClassNames;
        DemoImage[] chosen =
        [
            .. unsure
                .AsParallel()
                .AsOrdered()
                .Select(i => (Index: i, Other: other?.Class(i) ?? test.Labels.Span[i]))
                .Where(c => c.Other != predicted[c.Index])
                .AsSequential()
                .Take(Shown)
                .Select(c => new DemoImage(
                    test.Image(c.Index).ToArray(),
                    names[test.Labels.Span[c.Index]],
                    [.. other is null ? [] : new[] { (other.Value.Name, names[c.Other]) }, (models[0].Name, names[predicted[c.Index]])]
                )),
        ];
        return chosen.Length == 0 ? null : new DemoGallery(test.Shape, chosen);
    }

    /// <summary>How far the best score is from the second.</summary>
    private static UInt128 Margin(ReadOnlySpan<long> scores)
    {
        long best = long.MinValue,
            second = long.MinValue;
        foreach (long score in scores)
        {
            second = Math.Max(second, Math.Min(best, score));
            best = Math.Max(best, score);
        }

        return (UInt128)((Int128)best - second);
    }
}
