using System.Security.Cryptography;

namespace Onebit.Datasets.Tests;

public class DatasetLoaderTests
{
    private static readonly string[] s_canonical =
    [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ];

    [Fact]
    public void Mnist_is_there()
    {
        Dataset mnist = DatasetLoader.Load("mnist");
        Assert.Equal("mnist", mnist.Name);
        Assert.Equal((55_000, 5_000, 60_000, 10_000), (mnist.Train.Count, mnist.Validation.Count, mnist.AllTrain.Count, mnist.Test.Count));
        Assert.Equal((1, 28, 28, 10), (mnist.Test.Channels, mnist.Test.Height, mnist.Test.Width, mnist.ClassCount));
        Assert.Equal([5, 0, 4, 1, 9], mnist.Train.Labels[..5].ToArray());
        Assert.Equal([7, 2, 1, 0, 4], mnist.Test.Labels[..5].ToArray());
        Assert.Equal(mnist.AllTrain.Image(55_000), mnist.Validation.Image(0));
    }

    [Fact]
    public void Its_test_set_can_be_had_alone()
    {
        ImageSet test = DatasetLoader.LoadTest("mnist");
        Assert.Equal(10_000, test.Count);
        Assert.Equal([7, 2, 1, 0, 4], test.Labels[..5].ToArray());
    }

    [Fact]
    public void Hard_mnist_is_a_test_set_alone()
    {
        ImageSet hard = DatasetLoader.LoadTest("mnist-hard");
        Assert.Equal((1, 28, 28), (hard.Channels, hard.Height, hard.Width));
        Idx.Refused(() => DatasetLoader.Load("mnist-hard"), "mnist-hard is a test set alone", "train-images");
    }

    [Fact]
    public void Mnist_must_be_the_original()
    {
        using var folder = Folder(s_canonical);
        DatasetSource changed = DatasetSource.Resolve("mnist") with { Folder = folder.Path };
        Idx.Refused(() => DatasetLoader.Load(changed, Downloader.Default), folder.File(s_canonical[0]), "SHA-256");
        Idx.Refused(() => DatasetLoader.LoadTest(changed, Downloader.Default), folder.File(s_canonical[2]), "SHA-256");
    }

    [Fact]
    public void Labels_are_checked_like_images()
    {
        using var folder = Folder(s_canonical);
        string[] sums = [.. s_canonical.Select(name => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder.File(name)))))];
        var source = new DatasetSource("small", folder.Path, s_canonical.Zip(sums).ToDictionary(), []);
        Assert.Equal(2, DatasetLoader.Load(source, Downloader.Default).Test.Count);
        foreach (string name in s_canonical)
        {
            byte[] original = File.ReadAllBytes(folder.File(name));
            folder.Add(name, [.. original[..^1], (byte)(original[^1] ^ 1)]);
            Idx.Refused(() => DatasetLoader.Load(source, Downloader.Default), folder.File(name), "SHA-256");
            folder.Add(name, original);
        }
    }

    [Theory]
    [InlineData("-idx", "idx3", "")]
    [InlineData("-idx", "idx3", ".gz")]
    [InlineData(".idx", "idx3", "")]
    [InlineData(".idx", "idx3", ".gz")]
    [InlineData("-idx", "idx4", "")]
    [InlineData(".idx", "idx4", ".gz")]
    public void A_folder_of_files_is_a_data_set(string separator, string ranked, string ending)
    {
        using var folder = Folder([
            .. s_canonical.Select(name =>
                name.Replace("idx3", ranked, StringComparison.Ordinal).Replace("-idx", separator, StringComparison.Ordinal) + ending
            ),
        ]);
        foreach (string path in new[] { folder.Path, folder.Path + Path.DirectorySeparatorChar })
        {
            Dataset set = DatasetLoader.Load(path);
            Assert.Equal(Path.GetFileName(folder.Path), set.Name);
            Assert.Equal((5, 1, 6, 2, 4), (set.Train.Count, set.Validation.Count, set.AllTrain.Count, set.Test.Count, set.ClassCount));
            Assert.Equal(100, set.Test.Image(0)[0]);
        }
    }

    [Fact]
    public void A_test_set_needs_its_two_files_only()
    {
        using var folder = Folder([null, null, s_canonical[2], s_canonical[3] + ".gz"]);
        Assert.Equal(2, DatasetLoader.LoadTest(folder.Path).Count);
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, s_canonical[0], s_canonical[1]);
    }

    [Fact]
    public void Only_missing_files_are_named()
    {
        using var folder = Folder([.. s_canonical[..3], null]);
        string message = Assert.Throws<DatasetException>(() => DatasetLoader.Load(folder.Path)).Message;
        Assert.Contains(s_canonical[3], message);
        Assert.All(s_canonical[..3], name => Assert.DoesNotContain(name, message));
    }

    [Fact]
    public void What_is_no_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        foreach (string wrong in new[] { "", "no-such-set", "nul\0", folder.File("none"), folder.Add("file", []) })
        {
            Idx.Refused(() => DatasetLoader.Load(wrong), $"'{wrong}'", "mnist", "fashion-mnist");
            Idx.Refused(() => DatasetLoader.LoadTest(wrong), $"'{wrong}'", "mnist", "fashion-mnist");
        }
    }

    [Fact]
    public void Files_that_do_not_fit_are_refused()
    {
        using var folder = Folder(s_canonical);
        folder.Add(s_canonical[2], Idx.Images(2, height: 3, width: 2));
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, "1 x 2 x 3", "1 x 3 x 2");
        folder.Add(s_canonical[0], Idx.Images(7));
        Idx.Refused(
            () => DatasetLoader.Load(folder.Path),
            folder.File(s_canonical[0]),
            "7 images",
            folder.File(s_canonical[1]),
            "6 labels"
        );
        folder.Add(s_canonical[0], Idx.Images(1, height: 3, width: 2));
        folder.Add(s_canonical[1], Idx.Labels(0));
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, "one training image");
        folder.Add(s_canonical[3], [1, 2, 3]);
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.File(s_canonical[3]));
    }

    [Fact]
    public void Fashion_mnist_is_cached_where_the_user_says()
    {
        string absolute = Path.GetFullPath(Path.Combine("some", "cache"));
        Assert.Equal(Path.Combine(absolute, "onebit", "fashion-mnist"), DatasetSource.FashionMnist(absolute).Folder);
        string usual = DatasetSource.FashionMnist(null).Folder;
        Assert.True(Path.IsPathFullyQualified(usual));
        Assert.EndsWith(Path.Combine("onebit", "fashion-mnist"), usual);
        Assert.Equal(usual, DatasetSource.FashionMnist("").Folder);
        Assert.Equal(usual, DatasetSource.FashionMnist(Path.Combine("not", "absolute")).Folder);
    }

    /// <summary>Training images, training labels, test images, test labels under these names; none for null.</summary>
    private static TemporaryFolder Folder(string?[] names)
    {
        byte[][] contents = [Idx.Images(6), Idx.Labels(0, 1, 2, 3, 2, 1), Idx.Images(2, first: 100), Idx.Labels(0, 1)];
        var folder = new TemporaryFolder();
        foreach ((string? name, byte[] content) in names.Zip(contents))
        {
            if (name is not null)
            {
                folder.Add(name, name.EndsWith(".gz", StringComparison.Ordinal) ? Idx.Gzip(content) : content);
            }
        }
        return folder;
    }
}
