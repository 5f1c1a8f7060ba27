namespace Onebit.Datasets;

/// <summary>
/// A folder of images with one subfolder a class, named after it. Where it has subfolders <c>train</c> and <c>test</c> that
/// hold the classes' folders, these are the training and the test images, in the order of their file names, whatever their
/// class; otherwise a sixth is set aside for the test by <see cref="Mixed"/>. docs/data.md describes it for users.
/// </summary>
internal static class ImageFolder
{
    private const string Train = "train",
        Test = "test";

    private const int MostClasses = byte.MaxValue + 1;

    private static readonly Shape s_standard = new(0, 28, 28);

    /// <summary>An image and the index of its class.</summary>
    private sealed record Entry(string Path, int Class);

    /// <summary>The folder has subfolders, so it may be one.</summary>
    public static bool Is(string folder) => ImageFiles.Folders(folder).Count > 0;

    /// <summary>Reads all images and scales them.</summary>
    /// <param name="name">What reports call the set.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="shape">What to scale to; null: 28 x 28.</param>
    /// <param name="progress">Told of images decoded.</param>
    /// <exception cref="DatasetException">The folder is not made so, or an image cannot be read.</exception>
    public static Dataset Load(string name, string folder, Shape? shape, IProgress<LoadProgress>? progress)
    {
        string train = Path.Combine(folder, Train),
            test = Path.Combine(folder, Test);
        string[] names;
        IReadOnlyList<Entry> trainEntries,
            testEntries;
        if (HoldsFolders(train) || HoldsFolders(test))
        {
            names = ClassNames(HoldsFolders(train) ? train : throw Lacks(folder, Test, Train));
            trainEntries = ByFileName(Entries(train, names, mayLack: false), names);
            testEntries = ByFileName(Entries(HoldsFolders(test) ? test : throw Lacks(folder, Train, Test), names, mayLack: true), names);
            if (!IsMixed(trainEntries, names.Length))
            {
                trainEntries = Mixed(trainEntries, names);
            }
        }
        else
        {
            names = ClassNames(folder);
            (trainEntries, testEntries) = Split(folder, Entries(folder, names, mayLack: false), names);
        }

        if (trainEntries.Count < 2 || testEntries.Count == 0)
        {
            throw new DatasetException(
                $"{folder} holds {trainEntries.Count} images to train on and {testEntries.Count} to test; at least 2 and 1 are needed."
            );
        }

        ImageSet all = Decode(folder, [.. trainEntries, .. testEntries], shape ?? s_standard, progress);
        return new Dataset(
            name,
            all.Slice(0, trainEntries.Count),
            all.Slice(trainEntries.Count, testEntries.Count),
            names,
            ImagePreparation.Scaled
        );
    }

    /// <summary>Reads the test images alone: those of <c>test</c>, or those that <see cref="Load"/> sets aside.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shape">What to scale to; null: 28 x 28.</param>
    /// <param name="classNames">The classes in the order of the labels; null: those that the folder has, in ordinal order.</param>
    /// <param name="progress">Told of images decoded.</param>
    /// <exception cref="DatasetException">The folder is not made so, has a class that is not named, or an image cannot be read.</exception>
    public static ImageSet LoadTest(string folder, Shape? shape, IReadOnlyList<string>? classNames, IProgress<LoadProgress>? progress)
    {
        string train = Path.Combine(folder, Train),
            test = Path.Combine(folder, Test);
        IReadOnlyList<Entry> entries;
        if (HoldsFolders(test))
        {
            classNames ??= ClassNames(HoldsFolders(train) ? train : test);
            entries = ByFileName(Entries(test, classNames, mayLack: true), classNames);
        }
        else if (HoldsFolders(train))
        {
            throw Lacks(folder, Train, Test);
        }
        else
        {
            classNames ??= ClassNames(folder);
            entries = Split(folder, Entries(folder, classNames, mayLack: true), classNames).Test;
        }

        return entries.Count > 0
            ? Decode(folder, entries, shape ?? s_standard, progress)
            : throw new DatasetException($"{folder} holds no image to test with (PNG, JPEG, WebP, BMP or GIF).");
    }

    private static bool HoldsFolders(string folder) => Directory.Exists(folder) && Is(folder);

    private static DatasetException Lacks(string folder, string has, string lacks) =>
        new($"{folder} has a folder '{has}' of classes but no '{lacks}'; add it, or put the classes' folders into {folder} itself.");

    private static string[] ClassNames(string folder)
    {
        string[] names = [.. ImageFiles.Folders(folder).Select(f => f.Name)];
        foreach (string name in names)
        {
            if (ClassNaming.Fault(name) is { } fault)
            {
                throw new DatasetException($"A folder in {folder} names a class, but its name {fault}; rename it.");
            }
        }

        return names.Length is >= 2 and <= MostClasses
            ? names
            : throw new DatasetException(
                $"{folder} holds {(names.Length == 1 ? $"one class, '{names[0]}'" : $"{names.Length} classes")}; "
                    + $"2 to {MostClasses} folders, one a class, make a data set."
            );
    }

    /// <param name="folder">Holds the classes' folders.</param>
    /// <param name="names">The classes that may be there.</param>
    /// <param name="mayLack">A class may have no images.</param>
    private static List<Entry> Entries(string folder, IReadOnlyList<string> names, bool mayLack)
    {
        List<string> known = [.. names];
        var entries = new List<Entry>();
        foreach (DirectoryInfo subfolder in ImageFiles.Folders(folder))
        {
            int index = known.IndexOf(subfolder.Name);
            if (index < 0)
            {
                throw new DatasetException(
                    $"{folder} holds the class '{subfolder.Name}', which is not among those to tell apart: {Listed(known)}."
                );
            }

            string path = Path.Combine(folder, subfolder.Name);
            IReadOnlyList<string> files = ImageFiles.Under(path);
            if (files.Count == 0 && !mayLack)
            {
                throw new DatasetException(
                    $"{path} names a class but holds no image (PNG, JPEG, WebP, BMP or GIF); add some, or delete it."
                );
            }

            entries.AddRange(files.Select(f => new Entry(f, index)));
        }

        return entries;
    }

    private static string Listed(List<string> names) =>
        string.Join(", ", names.Take(12)) + (names.Count > 12 ? $" and {names.Count - 12} more" : "");

    private static (IReadOnlyList<Entry> Train, IReadOnlyList<Entry> Test) Split(
        string folder,
        List<Entry> entries,
        IReadOnlyList<string> names
    )
    {
        if (entries.Count < 3)
        {
            throw new DatasetException($"{folder} holds {entries.Count} images; give at least 3, to train, validate and test.");
        }

        IReadOnlyList<Entry> mixed = Mixed(entries, names);
        int test = Math.Max(1, mixed.Count / 6);
        return ([.. mixed.SkipLast(test)], [.. mixed.TakeLast(test)]);
    }

    /// <summary>The files of MNIST, written out under their numbers, thus come in MNIST's order.</summary>
    private static Entry[] ByFileName(List<Entry> entries, IReadOnlyList<string> names) =>
        [
            .. entries
                .OrderBy(e => Path.GetFileName(e.Path), StringComparer.Ordinal)
                .ThenBy(e => names[e.Class], StringComparer.Ordinal)
                .ThenBy(e => e.Path, StringComparer.Ordinal),
        ];

    /// <summary>Whether the last images, which are for validation, hold at least half of each class's share of them.</summary>
    private static bool IsMixed(IReadOnlyList<Entry> entries, int classes)
    {
        int[] counts = new int[classes],
            last = new int[classes];
        int validation = Dataset.ValidationCountOf(entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            counts[entries[i].Class]++;
            last[entries[i].Class] += i >= entries.Count - validation ? 1 : 0;
        }

        return Enumerable.Range(0, classes).All(c => 2L * last[c] * entries.Count >= (long)counts[c] * validation);
    }

    /// <summary>
    /// An order that depends on nothing but the files' content and class: by SHA-256 within a class, and the classes spread
    /// evenly, so that any part of it has about its share of each.
    /// </summary>
    private static IReadOnlyList<Entry> Mixed(IReadOnlyList<Entry> entries, IReadOnlyList<string> names)
    {
        var hashes = new string[entries.Count];
        ForEach(entries, i => hashes[i] = Convert.ToHexString(Picture.Hash(entries[i].Path)));
        return
        [
            .. entries
                .Zip(hashes)
                .GroupBy(e => e.First.Class)
                .SelectMany(g =>
                    g.OrderBy(e => e.Second, StringComparer.Ordinal)
                        .ThenBy(e => e.First.Path, StringComparer.Ordinal)
                        .Select((e, rank) => (Entry: e.First, Place: (rank + 0.5) / g.Count()))
                )
                .OrderBy(e => e.Place)
                .ThenBy(e => names[e.Entry.Class], StringComparer.Ordinal)
                .Select(e => e.Entry),
        ];
    }

    /// <summary>Does some work for each file, several at a time, and then says how many cannot be used.</summary>
    private static void ForEach(IReadOnlyList<Entry> entries, Action<int> work)
    {
        var failures = new DatasetException?[entries.Count];
        Parallel.For(
            0,
            entries.Count,
            new ParallelOptions { MaxDegreeOfParallelism = Picture.Parallelism },
            i =>
            {
                try
                {
                    work(i);
                }
                catch (DatasetException e)
                {
                    failures[i] = e;
                }
            }
        );
        DatasetException[] failed = [.. failures.OfType<DatasetException>()];
        if (failed.Length > 0)
        {
            throw new DatasetException(
                failed.Length == 1
                    ? $"One of {entries.Count} images cannot be used; mend or delete it: {failed[0].Message}"
                    : $"{failed.Length} of {entries.Count} images cannot be used; "
                        + $"mend or delete them, the first of which is: {failed[0].Message}"
            );
        }
    }

    private static ImageSet Decode(string folder, IReadOnlyList<Entry> entries, Shape shape, IProgress<LoadProgress>? progress)
    {
        var images = new byte[entries.Count][];
        var reporting = new Lock();
        int done = 0;
        ForEach(
            entries,
            i =>
            {
                Picture picture = Picture.Load(entries[i].Path);
                images[i] = picture.Scale(shape.Channels > 0 ? shape : shape with { Channels = picture.HasColour ? 3 : 1 });
                lock (reporting)
                {
                    if (++done % 64 == 0 || done == images.Length)
                    {
                        progress?.Report(new LoadProgress(folder, done, images.Length, "images"));
                    }
                }
            }
        );
        int plane = shape.Height * shape.Width,
            channels = images.Max(i => i.Length) / plane;
        if ((long)images.Length * channels * plane > Array.MaxLength)
        {
            throw new DatasetException(
                $"{images.Length} images of {channels} x {shape.Height} x {shape.Width} do not fit in memory; choose a smaller size."
            );
        }

        var pixels = new byte[images.Length * channels * plane];
        for (int i = 0; i < images.Length; i++)
        {
            for (int c = 0; c < channels; c++)
            {
                // Grey among colours: the same three times.
                images[i].AsSpan(images[i].Length > plane ? c * plane : 0, plane).CopyTo(pixels.AsSpan((i * channels + c) * plane));
            }
        }

        return new ImageSet(pixels, entries.Select(e => (byte)e.Class).ToArray(), channels, shape.Height, shape.Width);
    }
}
