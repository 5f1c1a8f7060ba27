using Onebit.Datasets;
using Onebit.Export;

namespace Onebit.Cli;

/// <summary>Chooses hard test images for a page: those on which its networks disagree.</summary>
internal static class DemoImages
{
    private const int Candidates = 500,
        Shown = 36;

    /// <summary>Of the images about which the first model is least sure, those that another network reads otherwise; null: there are none.</summary>
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
        (string Name, Func<int, int> Class) other = others.FirstOrDefault((Name: "", Class: i => test.Labels.Span[i]));
        (int Index, int Other)[] chosen =
        [
            .. unsure.AsParallel().AsOrdered().Select(i => (i, other.Class(i))).Where(c => c.Item2 != predicted[c.i]).AsEnumerable().Take(Shown),
        ];
        return chosen.Length == 0
            ? null
            : new DemoGallery(
                test.Shape,
                chosen.SelectMany(c => test.Image(c.Index).ToArray()).ToArray(),
                [.. chosen.Select(c => Caption(first.ClassNames[test.Labels.Span[c.Index]], first.ClassNames[c.Other], c.Index))]
            );

        string Caption(string label, string otherClass, int index)
        {
            string own = first.ClassNames[predicted[index]];
            return other.Name.Length == 0
                ? $"This is {label}. {models[0].Name} says {own}."
                : $"This is {label}. {other.Name} say{(other.Name == "32 bits" ? "" : "s")} {otherClass}, {models[0].Name} says {own}.";
        }
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
