namespace Onebit.Datasets;

/// <summary>Where a data set's files are, what they must contain, and where missing ones are fetched from.</summary>
/// <param name="Name">What reports call the set.</param>
/// <param name="Folder">The folder the files are read from.</param>
/// <param name="Sha256">SHA-256 of the unzipped content by canonical file name; empty for a folder of the user's own.</param>
/// <param name="Mirrors">Addresses, ending in a slash, below which the gzipped files lie; empty where nothing is fetched.</param>
internal sealed record DatasetSource(string Name, string Folder, IReadOnlyDictionary<string, string> Sha256, IReadOnlyList<Uri> Mirrors)
{
    /// <summary>What was done to the pictures; unknown for files of the user's own.</summary>
    public ImagePreparation Preparation { get; init; }

    /// <summary>The files as their authors publish them, from which the IDX files of the folder are made.</summary>
    public IReadOnlyList<PublishedFile> Published { get; init; } = [];

    /// <summary>What the labels are called; null: by their numbers.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    public const string TrainImages = "train-images-idx3-ubyte";
    public const string TrainLabels = "train-labels-idx1-ubyte";
    public const string TestImages = "t10k-images-idx3-ubyte";
    public const string TestLabels = "t10k-labels-idx1-ubyte";

    /// <summary>The canonical names of all files.</summary>
    public static IReadOnlyList<string> Files { get; } = [TrainImages, TrainLabels, TestImages, TestLabels];

    /// <summary>A known name, or else a folder.</summary>
    public static DatasetSource Resolve(string nameOrFolder) =>
        s_known.TryGetValue(nameOrFolder, out Func<DatasetSource>? known) ? known() : Own(nameOrFolder);

    /// <summary>The known names.</summary>
    public static IEnumerable<string> Names => s_known.Keys;

    private static readonly Dictionary<string, Func<DatasetSource>> s_known = new()
    {
        ["mnist"] = Mnist,
        ["mnist-hard"] = MnistHard,
        ["fashion-mnist"] = () => FashionMnist(Environment.GetEnvironmentVariable("XDG_CACHE_HOME")),
        ["kmnist"] = () => PublishedSets.Kmnist(Cache("kmnist")),
        ["qmnist"] = () => PublishedSets.Qmnist(Cache("qmnist")),
        ["emnist-balanced"] = () => PublishedSets.Emnist(Cache("emnist"), "balanced"),
        ["emnist-byclass"] = () => PublishedSets.Emnist(Cache("emnist"), "byclass"),
        ["emnist-bymerge"] = () => PublishedSets.Emnist(Cache("emnist"), "bymerge"),
        ["emnist-digits"] = () => PublishedSets.Emnist(Cache("emnist"), "digits"),
        ["emnist-letters"] = () => PublishedSets.Emnist(Cache("emnist"), "letters"),
        ["emnist-mnist"] = () => PublishedSets.Emnist(Cache("emnist"), "mnist"),
        ["cifar-10"] = () => PublishedSets.Cifar10(Cache("cifar-10")),
    };

    private static DatasetSource Mnist() =>
        new(
            "mnist",
            Path.Combine(AppContext.BaseDirectory, "data", "mnist"),
            new Dictionary<string, string>
            {
                [TrainImages] = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                [TrainLabels] = "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                [TestImages] = "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                [TestLabels] = "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
            []
        )
        {
            Preparation = ImagePreparation.Digits,
        };

    /// <summary>MNIST's hard test images: a test set without a training set.</summary>
    private static DatasetSource MnistHard() =>
        new(
            "mnist-hard",
            Path.Combine(AppContext.BaseDirectory, "data", "mnist-hard"),
            new Dictionary<string, string>
            {
                [TestImages] = "55686c997c754f4ea282dd4d9af5c44dc1e6dc0773b28af6c3ba03564934694c",
                [TestLabels] = "6dfbead172a1244efe29ab06d964ba7e59a9b0a17f3d15e398b5240f06bb0a8c",
            },
            []
        );

    /// <param name="cacheHome">XDG_CACHE_HOME, which must be ignored unless it is absolute.</param>
    internal static DatasetSource FashionMnist(string? cacheHome) =>
        new(
            "fashion-mnist",
            Cache("fashion-mnist", cacheHome),
            // Of the files whose gzipped MD5 the authors publish, unzipped: gzip may differ from mirror to mirror.
            new Dictionary<string, string>
            {
                [TrainImages] = "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                [TrainLabels] = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                [TestImages] = "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                [TestLabels] = "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            },
            // The authors' repository over HTTPS; then their public mirror, which has no HTTPS: the checksums make it safe.
            [
                new Uri("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"),
                new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
            ]
        )
        {
            Preparation = ImagePreparation.Scaled,
        };

    private static string Cache(string set) => Cache(set, Environment.GetEnvironmentVariable("XDG_CACHE_HOME"));

    private static string Cache(string set, string? cacheHome) =>
        Path.Combine(
            Path.IsPathFullyQualified(cacheHome ?? "")
                ? cacheHome!
                : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "onebit",
            set
        );

    private static DatasetSource Own(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DatasetException(
                $"'{folder}' is neither a folder nor a known data set{NearName.Hint(folder, s_known.Keys)}; "
                    + $"give one of {string.Join(", ", s_known.Keys)}, or a folder of IDX files or of images, one subfolder a class."
            );
        }
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        // A folder may be called as a known set is, and holds what it likes.
        name =
            name.Length == 0 ? folder
            : s_known.ContainsKey(name) ? $"{name} (folder)"
            : name;
        return new DatasetSource(name, folder, new Dictionary<string, string>(), []);
    }

    /// <summary>One of the sets that have a name, whose content is checked.</summary>
    public bool IsKnown => Sha256.Count > 0 || Published.Count > 0;

    /// <summary>A folder of the user's own without IDX files but with subfolders: one of images.</summary>
    public bool IsImageFolder => !IsKnown && ImageFolder.Is(Folder) && Files.All(file => Find(file) is null);

    /// <summary>What else lies in a folder of IDX files.</summary>
    public LeftOut LeftOut()
    {
        var leftOut = new LeftOut();
        if (!IsKnown)
        {
            const string Beside = "beside the IDX files";
            string?[] read = [.. Files.Select(Find)];
            leftOut.Add(FileSearch.Find(Folder, path => read.Contains(path) ? null : Beside, below: false).LeftOut);
            IReadOnlyList<DirectoryInfo> folders = FileSearch.Folders(Folder);
            if (folders.Count > 0)
            {
                leftOut.Add(Beside, folders.Count);
            }
        }

        return leftOut;
    }

    /// <summary>The path of a file under any of the names in use, or null.</summary>
    /// <param name="file">Its canonical name.</param>
    public string? Find(string file)
    {
        foreach (string ranked in new[] { file, file.Replace("idx3", "idx4", StringComparison.Ordinal) })
        {
            foreach (string name in new[] { ranked, ranked.Replace("-idx", ".idx", StringComparison.Ordinal) })
            {
                foreach (string ending in new[] { "", ".gz" })
                {
                    string path = Path.Combine(Folder, name + ending);
                    if (File.Exists(path))
                    {
                        return path;
                    }
                }
            }
        }
        return null;
    }
}
