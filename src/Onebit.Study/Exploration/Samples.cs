using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Ten images per class beside their mean.</summary>
internal static class Samples
{
    private const int Shown = 10;

    internal static string Write(ExplorationResults results, Dataset data)
    {
        ImageSet train = data.Train;
        byte[] labels = train.Labels.ToArray();
        ImageSet means = Means(train, data.ClassCount);
        string rows = string.Concat(
            Enumerable
                .Range(0, data.ClassCount)
                .Select(c =>
                    $"""
                        <tr><th scope="row">{Escape(results.Dataset.ClassNames[c])}</th><td>{Tiles.Write(
                            means,
                            [c],
                            "mean of class",
                            _ => ""
                        )}</td>
                        <td>{Tiles.Write(
                            train,
                            [.. Enumerable.Range(0, labels.Length).Where(i => labels[i] == c).Take(Shown)],
                            "training image",
                            _ => ""
                        )}</td></tr>

                        """
                )
        );
        return $"""
            <section id="samples">
            <h2>Ten images per class, and their mean</h2>
            <p>The first ten training images of each class. The mean is over all training images of the class.
            Where it is sharp, the images are alike.</p>
            <div class="scroll"><table class="samples">
            <thead><tr><th scope="col">class</th><th scope="col" class="text">mean</th><th scope="col" class="text">images</th></tr></thead>
            <tbody>{rows}</tbody></table></div>
            </section>
            """;
    }

    private static ImageSet Means(ImageSet images, int classes)
    {
        int length = images.Channels * images.Height * images.Width;
        long[] sums = new long[classes * length],
            counts = new long[classes];
        for (int i = 0; i < images.Count; i++)
        {
            int label = images.Labels.Span[i];
            counts[label]++;
            ReadOnlySpan<byte> image = images.Image(i);
            for (int p = 0; p < length; p++)
            {
                sums[label * length + p] += image[p];
            }
        }
        byte[] means = [.. sums.Select((sum, i) => (byte)(sum / Math.Max(1, counts[i / length])))];
        return new ImageSet(means, new byte[classes], images.Channels, images.Height, images.Width);
    }
}
