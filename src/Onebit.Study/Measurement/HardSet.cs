using System.Security.Cryptography;
using System.Text;
using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// Test images on which simple classifiers disagree. A committee of six is fitted to the training images: k-means with 256 prototypes
/// (fewer for few images), the 5 nearest neighbours, and four small full-precision networks with their own recipes and seeds
/// (<c>experiments/held-out</c>). A test image is hard when at least two of the six disagree with the most frequent class. No label of a
/// test image is looked at. No model that is measured on the set has a vote.
/// </summary>
public static class HardSet
{
    /// <summary>An image is hard when at least so many votes are against the most frequent class.</summary>
    public const int MinDissents = 2;

    /// <summary>Where the committee's networks are described.</summary>
    internal static string Experiments => Path.Combine(ExperimentFile.ShippedFolder, "held-out");

    /// <summary>
    /// The shipped hard images among a data set's test images, ascending; null where the set is not MNIST, whatever it is called.
    /// </summary>
    public static int[]? Find(ImageSet test)
    {
        ImageSet hard = DatasetLoader.LoadTest("mnist-hard");
        if ((test.Channels, test.Height, test.Width) != (hard.Channels, hard.Height, hard.Width) || test.Count < hard.Count)
        {
            return null;
        }

        ILookup<string, int> places = Enumerable.Range(0, test.Count).ToLookup(i => Key(test, i));
        int[] found = [.. Enumerable.Range(0, hard.Count).Select(i => places[Key(hard, i)].FirstOrDefault(-1)).Order()];
        return found[0] < 0 ? null : found;
    }

    /// <summary>The images on which the committee disagrees, ascending.</summary>
    /// <param name="votes">The classes that each member gives the test images.</param>
    internal static int[] Curate(IReadOnlyList<byte[]> votes) =>
        [.. Enumerable.Range(0, votes[0].Length).Where(i => votes.Count - votes.GroupBy(v => v[i]).Max(g => g.Count()) >= MinDissents)];

    /// <summary>Writes hard images as an IDX test set, with a README that says what it is.</summary>
    /// <exception cref="DatasetException">A file cannot be written.</exception>
    internal static void Save(string folder, Dataset data, IReadOnlyList<int> indices, int prototypes, string command)
    {
        ImageSet set = data.Test.Select(indices);
        const string Images = "t10k-images-idx3-ubyte",
            Labels = "t10k-labels-idx1-ubyte";
        IdxFile.Save(set, Path.Combine(folder, Images + ".gz"), Path.Combine(folder, Labels + ".gz"));
        using MemoryStream images = new(),
            labels = new();
        IdxFile.Write(set, images, labels);
        AtomicFile.WriteText(
            Path.Combine(folder, "README.md"),
            $"""
            # Hard test images of {Display.EscapeMarkdown(data.Name)}

            {set.Count:N0} of the {data.Test.Count:N0} test images: those on which simple classifiers disagree.
            Two IDX files, gzipped, like any test set.

            **Rule.** A committee of six is fitted to the training images. Its members are k-means with {prototypes} prototypes,
            the 5 nearest neighbours, and four small full-precision networks. k-means sees at most 20,000 training images.
            The networks have recipes and seeds of their own (`experiments/held-out`): one logistic regression
            and three multilayer perceptrons. A test image is in the set when at least {MinDissents} of the six
            disagree with the most frequent class.

            **What it shows.** No label of a test image takes part in the choice. No model that is measured on the set has a vote,
            so the set favours none of them. The images are hard for classifiers of this kind.
            Images that all six put into the same wrong class are not in it.
            Images that only a better network finds hard are not in it either.
            Accuracies on the set compare models with each other. They say nothing about images in general.
            Differences of a few images are chance.

            **Made by** this command, in the order of the test images:

                {VisibleText.Of(command)}

            | file | SHA-256 of the unzipped content |
            |---|---|
            | `{Images}.gz` | `{Sha256(images)}` |
            | `{Labels}.gz` | `{Sha256(labels)}` |

            {Display.MarkdownTable(
                ["class", "images"],
                column => column == 0,
                data.ClassNames.Zip(ByClass(data, indices), (name, count) => (string[])[name, Display.Count(count)])
            )}
            """
        );
    }

    /// <summary>How many of some test images each class has.</summary>
    internal static int[] ByClass(Dataset data, IReadOnlyList<int> indices)
    {
        int[] counts = new int[data.ClassCount];
        foreach (int i in indices)
        {
            counts[data.Test.Labels.Span[i]]++;
        }

        return counts;
    }

    private static string Sha256(MemoryStream content) => Convert.ToHexStringLower(SHA256.HashData(content.ToArray()));

    private static string Key(ImageSet images, int index) =>
        Encoding.Latin1.GetString(images.Image(index)) + (char)images.Labels.Span[index];
}
