namespace Onebit.Datasets;

/// <summary>
/// Loads data sets by known name or from a folder. <c>mnist</c> comes with the program; <c>mnist-hard</c> is a test set alone, the test
/// images of MNIST on which simple classifiers disagree; all others of <see cref="Names"/> are fetched once into the user's cache folder.
/// All are checked against a checksum. Any other argument is a folder: of images, one
/// subfolder a class, with or without <c>train</c> and <c>test</c> above them (docs/data.md); or of IDX files
/// under their canonical names (<c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>,
/// <c>t10k-images-idx3-ubyte</c>, <c>t10k-labels-idx1-ubyte</c>; <c>.idx</c> for <c>-idx</c> and <c>idx4</c> for
/// <c>idx3</c> will do), gzipped or not; write <c>./mnist</c> for a folder of that name.
/// </summary>
public static class DatasetLoader
{
    /// <summary>Loads a whole set.</summary>
    /// <param name="nameOrFolder">A known name or a folder.</param>
    /// <param name="progress">Told of downloads, and of images decoded.</param>
    /// <param name="shape">
    /// What images of a folder are scaled to; 0 channels: grey unless some image has colour. Null: so, and 28 x 28.
    /// </param>
    /// <param name="told">Told how a folder of images was read, and what was left out.</param>
    /// <exception cref="DatasetException">A file is missing, cannot be fetched, is damaged or does not fit the others.</exception>
    public static Dataset Load(
        string nameOrFolder,
        IProgress<LoadProgress>? progress = null,
        Shape? shape = null,
        Action<FolderReading>? told = null
    )
    {
        DatasetSource source = DatasetSource.Resolve(nameOrFolder);
        if (source.IsImageFolder)
        {
            return ImageFolder.Load(source, shape, progress, told);
        }
        return shape is null
            ? Load(source, Downloader.Default, progress, told)
            : throw new DatasetException(
                $"The images of '{nameOrFolder}' have a size of their own; one can be given for folders of image files alone."
            );
    }

    /// <summary>Loads the test images alone; the two training files need not be there.</summary>
    /// <param name="nameOrFolder">A known name or a folder.</param>
    /// <param name="progress">Told of downloads, and of images decoded.</param>
    /// <param name="shape">
    /// What images of a folder are scaled to; 0 channels: as in the images; null: 28 x 28; IDX files stay as they are.
    /// </param>
    /// <param name="classNames">
    /// What the labels of a folder's images count: its subfolders must be among them. null: the subfolders.
    /// </param>
    /// <param name="told">Told how a folder of images was read, and what was left out.</param>
    /// <exception cref="DatasetException">A file is missing, cannot be fetched, is damaged or does not fit the other.</exception>
    public static ImageSet LoadTest(
        string nameOrFolder,
        IProgress<LoadProgress>? progress = null,
        Shape? shape = null,
        IReadOnlyList<string>? classNames = null,
        Action<FolderReading>? told = null
    )
    {
        DatasetSource source = DatasetSource.Resolve(nameOrFolder);
        return source.IsImageFolder
            ? ImageFolder.LoadTest(source.Folder, shape, classNames, progress, told)
            : LoadTest(source, Downloader.Default, progress, told);
    }

    /// <summary>The data sets that have a name.</summary>
    public static IReadOnlyList<string> Names => [.. DatasetSource.Names];

    /// <summary>
    /// What is known of a set without reading it: what reports call it, what was done to its pictures, whether its files name classes, and
    /// the names of its classes where they are known beforehand.
    /// </summary>
    public static (string Name, ImagePreparation Preparation, bool NamesClasses, IReadOnlyList<string>? ClassNames) Describe(
        string nameOrFolder
    )
    {
        DatasetSource source = DatasetSource.Resolve(nameOrFolder);
        return (source.Name, source.Preparation, source.IsImageFolder, source.ClassNames);
    }

    internal static Dataset Load(
        DatasetSource source,
        Downloader downloader,
        IProgress<LoadProgress>? progress = null,
        Action<FolderReading>? told = null
    )
    {
        Require(source, DatasetSource.Files, downloader, progress);
        ImageSet train = LoadPair(source, DatasetSource.TrainImages, DatasetSource.TrainLabels);
        ImageSet test = LoadPair(source, DatasetSource.TestImages, DatasetSource.TestLabels);
        if (train.Count < 2)
        {
            throw new DatasetException($"{source.Folder} holds one training image; give a set with at least 2.");
        }
        if ((train.Channels, train.Height, train.Width) != (test.Channels, test.Height, test.Width))
        {
            throw new DatasetException(
                $"{source.Folder} holds training images of {Shape(train)} and test images of {Shape(test)} "
                    + "(channels x height x width); give files that belong together."
            );
        }
        told?.Invoke(
            new FolderReading(
                train.Count + test.Count,
                $"Split: {DatasetSource.TrainImages} for training, its last images for validation, "
                    + $"{DatasetSource.TestImages} for the test.",
                source.LeftOut()
            )
        );
        return new Dataset(source.Name, train, test, source.ClassNames)
        {
            Folder = source.IsKnown ? null : Path.GetFullPath(source.Folder),
            Preparation = source.Preparation,
        };
    }

    internal static ImageSet LoadTest(
        DatasetSource source,
        Downloader downloader,
        IProgress<LoadProgress>? progress = null,
        Action<FolderReading>? told = null
    )
    {
        Require(source, [DatasetSource.TestImages, DatasetSource.TestLabels], downloader, progress);
        ImageSet test = LoadPair(source, DatasetSource.TestImages, DatasetSource.TestLabels);
        told?.Invoke(new FolderReading(test.Count, $"Test images: {DatasetSource.TestImages}.", source.LeftOut()));
        return test;
    }

    private static void Require(DatasetSource source, IReadOnlyList<string> files, Downloader downloader, IProgress<LoadProgress>? progress)
    {
        string[] missing = [.. files.Where(file => source.Find(file) is null)];
        if (source.Published.Count > 0)
        {
            foreach (PublishedFile file in source.Published.Where(f => f.Makes.Intersect(missing).Any()))
            {
                downloader.Fetch(file, progress);
                file.WriteIdx(source.Folder);
            }

            return;
        }

        if (missing.Length > 0 && source.Mirrors.Count == 0)
        {
            throw new DatasetException(
                source.IsKnown && !source.Sha256.ContainsKey(missing[0])
                    ? $"{source.Name} is a test set alone, without {missing[0]}; models can be evaluated on it, but not trained."
                    : $"{source.Folder} lacks {string.Join(", ", missing)}; "
                        + "put these IDX files there, gzipped or not, or one subfolder of images a class."
            );
        }
        downloader.Fetch(source, missing, progress);
    }

    private static ImageSet LoadPair(DatasetSource source, string images, string labels) =>
        IdxFile.Load(
            source.Find(images)!,
            source.Find(labels)!,
            source.Sha256.GetValueOrDefault(images),
            source.Sha256.GetValueOrDefault(labels)
        );

    private static string Shape(ImageSet set) => $"{set.Channels} x {set.Height} x {set.Width}";
}
