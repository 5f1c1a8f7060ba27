namespace Onebit.Datasets;

/// <summary>
/// Loads data sets by known name or from a folder. <c>mnist</c> comes with the program; <c>fashion-mnist</c> is fetched
/// once into the user's cache folder; <c>mnist-hard</c> is a test set alone, the test images of MNIST on which simple
/// classifiers disagree; all are checked against their SHA-256. Any other argument is a folder of IDX files
/// under their canonical names (<c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>,
/// <c>t10k-images-idx3-ubyte</c>, <c>t10k-labels-idx1-ubyte</c>; <c>.idx</c> for <c>-idx</c> and <c>idx4</c> for
/// <c>idx3</c> will do), gzipped or not; write <c>./mnist</c> for a folder of that name.
/// </summary>
public static class DatasetLoader
{
    /// <summary>Loads a whole set from its four files.</summary>
    /// <param name="nameOrFolder">A known name or a folder.</param>
    /// <param name="progress">Told of downloads, if there are any.</param>
    /// <exception cref="DatasetException">A file is missing, cannot be fetched, is damaged or does not fit the others.</exception>
    public static Dataset Load(string nameOrFolder, IProgress<DownloadProgress>? progress = null) =>
        Load(DatasetSource.Resolve(nameOrFolder), Downloader.Default, progress);

    /// <summary>Loads the test images alone; the two training files need not be there.</summary>
    /// <param name="nameOrFolder">A known name or a folder.</param>
    /// <param name="progress">Told of downloads, if there are any.</param>
    /// <exception cref="DatasetException">A file is missing, cannot be fetched, is damaged or does not fit the other.</exception>
    public static ImageSet LoadTest(string nameOrFolder, IProgress<DownloadProgress>? progress = null) =>
        LoadTest(DatasetSource.Resolve(nameOrFolder), Downloader.Default, progress);

    internal static Dataset Load(DatasetSource source, Downloader downloader, IProgress<DownloadProgress>? progress = null)
    {
        Require(
            source,
            [DatasetSource.TrainImages, DatasetSource.TrainLabels, DatasetSource.TestImages, DatasetSource.TestLabels],
            downloader,
            progress);
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
                + "(channels x height x width); give files that belong together.");
        }
        return new Dataset(source.Name, train, test);
    }

    internal static ImageSet LoadTest(DatasetSource source, Downloader downloader, IProgress<DownloadProgress>? progress = null)
    {
        Require(source, [DatasetSource.TestImages, DatasetSource.TestLabels], downloader, progress);
        return LoadPair(source, DatasetSource.TestImages, DatasetSource.TestLabels);
    }

    private static void Require(DatasetSource source, string[] files, Downloader downloader, IProgress<DownloadProgress>? progress)
    {
        string[] missing = [.. files.Where(file => source.Find(file) is null)];
        if (missing.Length > 0 && source.Mirrors.Count == 0)
        {
            throw new DatasetException($"{source.Folder} lacks {string.Join(", ", missing)}; put these IDX files there, gzipped or not.");
        }
        downloader.Fetch(source, missing, progress);
    }

    private static ImageSet LoadPair(DatasetSource source, string images, string labels) => IdxFile.Load(
        source.Find(images)!, source.Find(labels)!, source.Sha256.GetValueOrDefault(images), source.Sha256.GetValueOrDefault(labels));

    private static string Shape(ImageSet set) => $"{set.Channels} x {set.Height} x {set.Width}";
}
