namespace Onebit.Datasets;

/// <summary>
/// A folder of images with one subfolder a class, named after it. Where it has folders such as <c>train</c>, <c>val</c> and <c>test</c>
/// that hold the classes' folders, these are the parts, in the order of their file names, whatever their class; otherwise a sixth is set
/// aside for the test by <see cref="Mixed"/>. docs/data.md describes it for users.
/// </summary>
internal static class ImageFolder
{
    private const int MostClasses = byte.MaxValue + 1;

    private static readonly Shape s_standard = new(0, 28, 28);

    /// <summary>An image and the index of its class.</summary>
    private sealed record Entry(string Path, int Class);

    /// <summary>The folder has subfolders, so it may be one.</summary>
    public static bool Is(string folder) => FileSearch.Folders(folder).Count > 0;

    /// <summary>Reads all images and scales them.</summary>
    /// <param name="source">The folder, and what reports call the set.</param>
    /// <param name="shape">What to scale to; null: 28 x 28.</param>
    /// <param name="progress">Told of images decoded.</param>
    /// <param name="told">Told how the folder was read.</param>
    /// <exception cref="DatasetException">The folder is not made so, or an image cannot be read.</exception>
    public static Dataset Load(DatasetSource source, Shape? shape, IProgress<LoadProgress>? progress, Action<FolderReading>? told)
    {
        string folder = source.Folder;
        var leftOut = new LeftOut();
        SplitFolders? split = SplitFolders.Find(folder);
        string home = split is null ? folder : Path.Combine(folder, split.Train ?? throw Lacks(folder, split));
        string[] names = ClassNames(home);
        List<Entry> entries = Entries(home, names, mayLack: false, leftOut);
        IReadOnlyList<Entry> train,
            test,
            validation = [];
        string how;
        if (split is null)
        {
            (train, test) = SetAside(folder, entries, names);
            how = $"Split: {folder} has no folders such as train and test, so a sixth is the test set, and a sixth of the rest validation.";
        }
        else
        {
            (train, test) = split.Test is null
                ? SetAside(folder, entries, names)
                : (ByFileName(entries, names), Part(folder, split.Test, names, leftOut));
            validation = split.Validation is null ? [] : Part(folder, split.Validation, names, leftOut);
            train = split.Validation is null && !IsMixed(train, names.Length) ? Mixed(train, names) : train;
            how =
                $"Split: '{split.Train}' for training, "
                + (split.Validation is null ? "its last images for validation" : $"'{split.Validation}' for validation")
                + (split.Test is null ? $", and for the test a sixth of '{split.Train}'." : $", '{split.Test}' for the test.");
            AddOutside(folder, split, leftOut);
        }

        Entry[] all = [.. train, .. validation, .. test];
        int trained = train.Count + validation.Count;
        if (trained < 2 || train.Count == 0 || test.Count == 0)
        {
            throw new DatasetException(
                $"{folder} holds {trained} images to train on and {test.Count} to test; at least 2 and 1 are needed."
            );
        }

        ImageSet images = Decode(folder, all, shape ?? s_standard, progress);
        told?.Invoke(new FolderReading(images.Count, how, leftOut));
        return new Dataset(
            source.Name,
            images.Slice(0, trained),
            images.Slice(trained, test.Count),
            names,
            split?.Validation is null ? null : validation.Count
        )
        {
            Folder = Path.GetFullPath(folder),
            Preparation = ImagePreparation.Scaled,
        };
    }

    /// <summary>Reads the test images alone: those of <c>test</c>, or those that <see cref="Load"/> sets aside.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shape">What to scale to; null: 28 x 28.</param>
    /// <param name="classNames">The classes in the order of the labels; null: those that the folder has, in ordinal order.</param>
    /// <param name="progress">Told of images decoded.</param>
    /// <param name="told">Told how the folder was read.</param>
    /// <exception cref="DatasetException">The folder is not made so, has a class that is not named, or an image cannot be read.</exception>
    public static ImageSet LoadTest(
        string folder,
        Shape? shape,
        IReadOnlyList<string>? classNames,
        IProgress<LoadProgress>? progress,
        Action<FolderReading>? told
    )
    {
        var leftOut = new LeftOut();
        SplitFolders? split = SplitFolders.Find(folder);
        if (split is { Test: null } && (split.Train is null || split.Validation is null))
        {
            throw Lacks(folder, split);
        }

        string home = split is null ? folder : Path.Combine(folder, split.Train ?? split.Test!);
        classNames ??= ClassNames(home);
        IReadOnlyList<Entry> entries = split?.Test is { } test
            ? Part(folder, test, classNames, leftOut)
            : SetAside(folder, Entries(home, classNames, mayLack: true, leftOut), classNames).Test;
        if (entries.Count == 0)
        {
            throw new DatasetException($"{folder} holds no image to test with ({ImageFormat.Names}).");
        }

        ImageSet images = Decode(folder, entries, shape ?? s_standard, progress);
        string of = split?.Test is { } part ? $"'{part}'" : $"a sixth of {(split is null ? folder : $"'{split.Train}'")}";
        told?.Invoke(new FolderReading(images.Count, $"Test images: {of}.", leftOut));
        return images;
    }

    private static Entry[] Part(string folder, string part, IReadOnlyList<string> names, LeftOut leftOut) =>
        ByFileName(Entries(Path.Combine(folder, part), names, mayLack: true, leftOut), names);

    /// <summary>What lies beside the folders of a split is no part of it.</summary>
    private static void AddOutside(string folder, SplitFolders split, LeftOut leftOut)
    {
        leftOut.Add(Outside(folder));
        foreach (DirectoryInfo other in FileSearch.Folders(folder).Where(f => !split.Names.Contains(f.Name)))
        {
            leftOut.Add($"folder '{VisibleText.Of(other.Name)}' beside the split");
        }
    }

    /// <summary>Files beside the classes' folders belong to no class.</summary>
    private static LeftOut Outside(string folder) =>
        FileSearch.Find(folder, path => ImageFiles.Refusal(path) ?? "in no class's folder", below: false).LeftOut;

    private static DatasetException Lacks(string folder, SplitFolders split)
    {
        string lacking = split.Train is null ? "train" : "test";
        return new(
            $"{folder} has a folder '{split.Names.First()}' of classes but no '{lacking}'; "
                + $"add it, or put the classes' folders into {folder} itself."
        );
    }

    private static string[] ClassNames(string folder)
    {
        IReadOnlyList<DirectoryInfo> folders = FileSearch.Folders(folder);
        foreach (DirectoryInfo each in folders)
        {
            if ((FileSearch.IsUtf8(each) ? ClassNaming.Fault(each.Name) : "is not UTF-8") is { } fault)
            {
                throw new DatasetException(
                    $"A folder in {folder} names a class, but its name '{VisibleText.Of(each.Name)}' {fault}; rename it."
                );
            }
        }

        // Two spellings of one name, of which one comes from a Mac, are one class.
        string[] names = [.. folders.Select(f => ClassName.Composed(f.Name)).Distinct().Order(StringComparer.Ordinal)];

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
    /// <param name="leftOut">Gets what else is there.</param>
    private static List<Entry> Entries(string folder, IReadOnlyList<string> names, bool mayLack, LeftOut leftOut)
    {
        List<string> known = [.. names.Select(ClassName.Composed)];
        var entries = new List<Entry>();
        leftOut.Add(Outside(folder));
        foreach (DirectoryInfo subfolder in FileSearch.Folders(folder))
        {
            int index = known.IndexOf(ClassName.Composed(subfolder.Name));
            if (index < 0)
            {
                throw new DatasetException(
                    $"{folder} holds the class '{subfolder.Name}', which is not among those to tell apart: {Listed(known)}."
                );
            }

            string path = Path.Combine(folder, subfolder.Name);
            FoundFiles found = ImageFiles.Under(path);
            if (found.Files.Count == 0 && !mayLack)
            {
                throw new DatasetException($"{path} names a class but holds no image ({ImageFormat.Names}); add some, or delete it.");
            }

            leftOut.Add(found.LeftOut);
            entries.AddRange(found.Files.Select(f => new Entry(f, index)));
        }

        return entries;
    }

    private static string Listed(List<string> names) =>
        string.Join(", ", names.Take(12)) + (names.Count > 12 ? $" and {names.Count - 12} more" : "");

    private static (IReadOnlyList<Entry> Train, IReadOnlyList<Entry> Test) SetAside(
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
