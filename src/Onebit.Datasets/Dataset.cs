using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Onebit.Datasets;

/// <summary>A data set with its split: every choice is made on <see cref="Validation"/>, the test set is for the end.</summary>
public sealed class Dataset
{
    private readonly Lazy<string> _sha256;

    /// <summary>Training images set aside for validation; of sets with fewer than twice as many, a sixth is.</summary>
    public const int ValidationCount = 5_000;

    /// <summary>Splits the training images.</summary>
    /// <param name="name">What reports call the set.</param>
    /// <param name="allTrain">All training images, at least two.</param>
    /// <param name="test">The test images, of the same shape.</param>
    /// <param name="classNames">A name for each class; null: "0", "1" and so on, up to the largest label, at least two.</param>
    /// <param name="validationCount">
    /// How many of the training images, the last ones, are for validation; null: as <see cref="Validation"/> says.
    /// </param>
    /// <exception cref="ArgumentException">Too few images of one part, two shapes, or a label without a name.</exception>
    public Dataset(string name, ImageSet allTrain, ImageSet test, IReadOnlyList<string>? classNames = null, int? validationCount = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(allTrain);
        ArgumentNullException.ThrowIfNull(test);
        if (allTrain.Count < 2)
        {
            throw new ArgumentException("One training image cannot be split into training and validation.", nameof(allTrain));
        }
        if ((allTrain.Channels, allTrain.Height, allTrain.Width) != (test.Channels, test.Height, test.Width))
        {
            throw new ArgumentException("Training and test images differ in shape.", nameof(test));
        }
        int classes = Math.Max(2, 1 + Math.Max(Largest(allTrain.Labels.Span), Largest(test.Labels.Span)));
        if (classNames is not null && classNames.Count < classes)
        {
            throw new ArgumentException($"{classNames.Count} names are too few for {classes} classes.", nameof(classNames));
        }
        int validation = validationCount ?? ValidationCountOf(allTrain.Count);
        if (validation < 1 || validation >= allTrain.Count)
        {
            throw new ArgumentException($"{validation} of {allTrain.Count} images cannot be held out.", nameof(validationCount));
        }

        _sha256 = new Lazy<string>(Hash);
        Name = name;
        AllTrain = allTrain;
        Train = allTrain.Slice(0, allTrain.Count - validation);
        Validation = allTrain.Slice(allTrain.Count - validation, validation);
        Test = test;
        ClassNames = classNames ?? [.. Enumerable.Range(0, classes).Select(c => c.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>The known name, or the name of the folder the set was read from.</summary>
    public string Name { get; }

    /// <summary>The full path of the user's own folder that the set was read from; null: the set has a name.</summary>
    public string? Folder { get; init; }

    /// <summary>What was done to the pictures before they became images of the set, as far as it is known.</summary>
    public ImagePreparation Preparation { get; init; }

    /// <summary>The training images without those of <see cref="Validation"/>.</summary>
    public ImageSet Train { get; }

    /// <summary>
    /// The last 5,000 training images; of sets with fewer than 10,000, the last sixth, at least one; or those of a folder of their own.
    /// </summary>
    public ImageSet Validation { get; }

    /// <summary>All training images, undivided: <see cref="Train"/>, then <see cref="Validation"/>.</summary>
    public ImageSet AllTrain { get; }

    /// <summary>The test images.</summary>
    public ImageSet Test { get; }

    /// <summary>What each class is called, in the order of the labels; where the files name none, "0", "1" and so on.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Number of classes, at least 2.</summary>
    public int ClassCount => ClassNames.Count;

    /// <summary>SHA-256, in hexadecimal, of shapes, class names, labels and pixels: two sets with the same are the same.</summary>
    public string Sha256 => _sha256.Value;

    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string head = string.Join('\n', ClassNames.Prepend($"{Test.Channels}x{Test.Height}x{Test.Width} {AllTrain.Count}+{Test.Count}"));
        // Where validation is as it always is, the hash is as it always was.
        head += Validation.Count == ValidationCountOf(AllTrain.Count) ? "" : $"\n\n{Validation.Count}";
        hash.AppendData(Encoding.UTF8.GetBytes(head));
        foreach (ImageSet images in new[] { AllTrain, Test })
        {
            hash.AppendData(images.Labels.Span);
            hash.AppendData(images.Pixels.Span);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>How many of so many training images are for validation.</summary>
    internal static int ValidationCountOf(int trainImages) =>
        trainImages < 2 * ValidationCount ? Math.Max(1, trainImages / 6) : ValidationCount;

    private static int Largest(ReadOnlySpan<byte> labels)
    {
        int largest = 0;
        foreach (byte label in labels)
        {
            largest = Math.Max(largest, label);
        }
        return largest;
    }
}
