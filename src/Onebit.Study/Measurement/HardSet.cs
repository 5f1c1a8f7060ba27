using System.Security.Cryptography;
using System.Text;
using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// Test images on which simple classifiers disagree. The rule: a committee of six is fitted to the training images, k-means
/// with 256 prototypes (fewer where images are few), the 5 nearest neighbours, and four small full-precision networks of their own recipes
/// and seeds (<c>experiments/held-out</c>); a test image is hard when at least two of the six do not name the class that most of
/// them name. No label of a test image is looked at, and no model that is measured on the set has a vote.
/// </summary>
public static class HardSet
{
    /// <summary>Votes against the most named class from which on an image is hard.</summary>
    public const int Dissents = 2;

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
        [.. Enumerable.Range(0, votes[0].Length).Where(i => votes.Count - votes.GroupBy(v => v[i]).Max(g => g.Count()) >= Dissents)];

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
            # Hard test images of {data.Name}

            {set.Count:N0} of the {data.Test.Count:N0} test images: those on which simple classifiers disagree. Two IDX files, gzipped, as a test set has them.

            **Rule.** A committee of six is fitted to the training images: k-means with {prototypes} prototypes (at most 20,000 training
            images), the 5 nearest neighbours, and four small full-precision networks with recipes and seeds of their own
            (`experiments/held-out`: logistic regression once, a multilayer perceptron three times). A test image is in the set
            when at least {Dissents} of the six do not name the class that most of them name.

            **What it can tell, and what not.** No label of a test image takes part in the choice, and no model that is measured
            on the set has a vote, so the set favours none of them for being itself. It is hard for classifiers of this kind:
            images that all six take for the same wrong class are not in it, and an image that only a better network finds hard
            is not either. Accuracies on it are for comparing models with each other; they estimate nothing about images in
            general, and differences of a few images are chance.

            **Made by** `{command}`, in order of the test images.

            | file | SHA-256 of the unzipped content |
            |---|---|
            | `{Images}.gz` | `{Sha256(images)}` |
            | `{Labels}.gz` | `{Sha256(labels)}` |

            | class | {string.Join(" | ", data.ClassNames)} |
            |---|{string.Concat(data.ClassNames.Select(_ => "---:|"))}
            | images | {string.Join(" | ", ByClass(data, indices))} |

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
