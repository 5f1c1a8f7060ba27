using System.Diagnostics;
using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>Which of a folder's files are read, which parts they make, and what is said of the others.</summary>
public class FolderReadingTests
{
    [Theory]
    [InlineData("Train", null, "Test")]
    [InlineData("TRAINING", null, "testing")]
    [InlineData("seg_train", null, "seg_test")]
    [InlineData("training_set", "validation_set", "test_set")]
    [InlineData("train", "val", "test")]
    [InlineData("Train", "Valid", "Test")]
    [InlineData("my-train", "my-dev", "my-test")]
    public void Parts_are_known_by_any_usual_name(string train, string? validation, string test)
    {
        using TemporaryFolder folder = Set((train, 6), (validation, 3), (test, 2));
        FolderReading? reading = null;
        Dataset set = DatasetLoader.Load(folder.Path, told: r => reading = r);
        Assert.Equal(["a", "b"], set.ClassNames);
        Assert.Equal(validation is null ? (10, 2, 4) : (12, 6, 4), (set.Train.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal(4, DatasetLoader.LoadTest(folder.Path).Count);
        Assert.Equal(set.AllTrain.Count + 4, reading!.Images);
        Assert.Null(reading.LeftOut.Sentence);
        Assert.Contains($"'{train}' for training", reading.Split, StringComparison.Ordinal);
        Assert.Contains($"'{test}' for the test", reading.Split, StringComparison.Ordinal);
        Assert.Contains(validation is null ? "its last images" : $"'{validation}' for validation", reading.Split, StringComparison.Ordinal);
        if (validation is not null)
        {
            // Each part has grey values of its own.
            Assert.All(Enumerable.Range(0, 6), i => Assert.InRange(set.Validation.Image(i)[0], 100, 109));
            Assert.All(Enumerable.Range(0, 12), i => Assert.InRange(set.Train.Image(i)[0], 0, 19));
        }
    }

    [Fact]
    public void Without_test_images_a_sixth_of_the_training_images_is_set_aside()
    {
        using TemporaryFolder folder = Set(("train", 9), ("val", 3));
        FolderReading? reading = null;
        Dataset set = DatasetLoader.Load(folder.Path, told: r => reading = r);
        Assert.Equal((15, 6, 3), (set.Train.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal(set.Test.Pixels.ToArray(), DatasetLoader.LoadTest(folder.Path).Pixels.ToArray());
        Assert.Contains("for the test a sixth of 'train'", reading!.Split, StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_beside_a_split_is_named()
    {
        using TemporaryFolder folder = Set(("seg_train", 6), ("seg_test", 2), ("seg_pred", 2));
        folder.Add("seg_train/loose.png", Grey(1));
        folder.Add("labels.csv", "a,b");
        FolderReading? reading = null;
        DatasetLoader.Load(folder.Path, told: r => reading = r);
        string said = reading!.LeftOut.Sentence!;
        Assert.Contains("1 folder 'seg_pred' beside the split", said, StringComparison.Ordinal);
        Assert.Contains("1 in no class's folder", said, StringComparison.Ordinal);
        Assert.Contains("1 of no known image format (.csv)", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_that_mean_the_same_part_are_refused_and_one_beside_others_is_a_class()
    {
        using TemporaryFolder twice = Set(("Train", 3), ("training", 3), ("test", 2));
        Idx.Refused(() => DatasetLoader.Load(twice.Path), "'Train'", "'training'", "same part");
        using TemporaryFolder vehicles = Set(("train", 3), ("cars", 3));
        Assert.Equal(["cars", "train"], DatasetLoader.Load(vehicles.Path).ClassNames);
    }

    [Fact]
    public void Images_are_known_by_their_content_and_the_rest_is_counted()
    {
        using TemporaryFolder folder = new();
        byte[] jpeg = Pictures.Encode(SKEncodedImageFormat.Jpeg, 4, 4, (y, x) => SKColors.Gray),
            webp = Pictures.Encode(SKEncodedImageFormat.Webp, 4, 4, (y, x) => SKColors.Gray);
        folder.Add("a/1.jfif", jpeg);
        folder.Add("a/2.HEIC", jpeg);
        folder.Add("a/none", Grey(1));
        folder.Add("a/b.bin", webp);
        folder.Add("a/gif", Pictures.Gif);
        folder.Add("a/bmp", Pictures.Bmp(4, 4, (y, x) => 9));
        folder.Add("b/1.png", Grey(2));
        folder.Add("b/2.PNG", Grey(3));
        folder.Add("b/1.tif", "II*\0 and more");
        folder.Add("b/2.TIF", "II*\0 and more");
        folder.Add("b/BMW.txt", "BMW is no bitmap, although it begins with BM");
        folder.Add("b/empty", []);
        folder.Add("b/.DS_Store", "hidden");
        FolderReading? reading = null;
        DatasetLoader.Load(folder.Path, told: r => reading = r);
        Assert.Equal(8, reading!.Images);
        Assert.Equal(
            "Left out: 2 of no known image format (.tif), 1 empty or unreadable, 1 hidden, 1 of no known image format (.txt).",
            reading.LeftOut.Sentence
        );
        Assert.Equal(6, ImageFiles.Under(folder.File("a")).Files.Count);
    }

    [Fact]
    public void Names_that_are_not_Utf8_are_said_not_passed_over()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere names are Unicode.");
        using TemporaryFolder folder = new();
        for (int i = 0; i < 4; i++)
        {
            folder.Add($"a/{i}.png", Grey(i));
            folder.Add($"b/{i}.png", Grey(10 + i));
        }

        Shell(folder.Path, "mv a/3.png $(printf 'a/caf\\351.png')");
        FolderReading? reading = null;
        DatasetLoader.Load(folder.Path, told: r => reading = r);
        Assert.Equal(7, reading!.Images);
        Assert.Equal("Left out: 1 with a name that is not UTF-8.", reading.LeftOut.Sentence);
        Shell(folder.Path, "cp -r b $(printf 'pho\\351nix')");
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, "not UTF-8", "rename it");
        // A name may hold the sign for what is unknown.
        folder.Add("a/\uFFFD.png", Grey(5));
        Assert.Equal(4, ImageFiles.Under(folder.File("a")).Files.Count);
        Shell(folder.Path, "rm -r pho* a/caf*"); // .NET cannot.
    }

    [Fact]
    public void Two_spellings_of_a_name_are_one_class()
    {
        const string Composed = "caf\u00E9",
            Decomposed = "cafe\u0301";
        using TemporaryFolder folder = new();
        for (int i = 0; i < 4; i++)
        {
            folder.Add($"train/{Composed}/{i}.png", Grey(i));
            folder.Add($"train/{Decomposed}/{i}.png", Grey(10 + i));
            folder.Add($"train/tea/{i}.png", Grey(20 + i));
            folder.Add($"test/{Decomposed}/{i}.png", Grey(30 + i));
        }

        Dataset set = DatasetLoader.Load(folder.Path);
        Assert.Equal([Composed, "tea"], set.ClassNames);
        Assert.Equal(8, set.AllTrain.Labels.ToArray().Count(l => l == 0));
        Assert.Equal([0, 0, 0, 0], set.Test.Labels.ToArray());
        Assert.Equal([1, 1, 1, 1], DatasetLoader.LoadTest(folder.Path, classNames: ["tea", Decomposed]).Labels.ToArray());
    }

    [Fact]
    public void A_folder_named_as_a_known_set_is_not_taken_for_it()
    {
        using TemporaryFolder parent = new();
        for (int i = 0; i < 4; i++)
        {
            parent.Add($"mnist/a/{i}.png", Grey(i));
            parent.Add($"mnist/b/{i}.png", Grey(10 + i));
        }

        Dataset set = DatasetLoader.Load(parent.File("mnist"));
        Assert.Equal(("mnist (folder)", parent.File("mnist")), (set.Name, set.Folder));
        Assert.Null(DatasetLoader.Load("mnist").Folder);
    }

    [Fact]
    public void What_lies_beside_Idx_files_is_named()
    {
        using TemporaryFolder folder = new();
        foreach (string part in new[] { "train", "t10k" })
        {
            folder.Add($"{part}-images-idx3-ubyte", Idx.Images(4));
            folder.Add($"{part}-labels-idx1-ubyte", Idx.Labels(0, 1, 0, 1));
        }

        folder.Add("train-labels-idx1-ubyte.gz", "not read");
        folder.Add("more/1.png", Grey(1));
        FolderReading? reading = null;
        DatasetLoader.Load(folder.Path, told: r => reading = r);
        Assert.Equal("Left out: 2 beside the IDX files.", reading!.LeftOut.Sentence);
        Assert.Contains("train-images-idx3-ubyte for training", reading.Split, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain žaba 日本 👩\u200D🔬", null)]
    [InlineData("a\u001B[31mb", "a\\u001B[31mb")]
    [InlineData("a\nb\r", "a\\u000Ab\\u000D")]
    [InlineData("\u202Egnp.exe", "\\u202Egnp.exe")]
    [InlineData("\u2067\u2069\u200F\uFEFF\u2028", "\\u2067\\u2069\\u200F\\uFEFF\\u2028")]
    public void What_cannot_be_seen_is_shown_as_its_number(string name, string? shown) => Assert.Equal(shown ?? name, VisibleText.Of(name));

    [Fact]
    public void What_is_no_character_is_shown_as_its_number() => Assert.Equal("x\\uFFFF\\uD800y", VisibleText.Of("x\uFFFF\uD800y"));

    private static TemporaryFolder Set(params (string? Part, int PerClass)[] parts)
    {
        var folder = new TemporaryFolder();
        foreach (((string? part, int perClass), int p) in parts.Select((part, p) => (part, p)).Where(e => e.part.Part is not null))
        {
            for (int i = 0; i < perClass; i++)
            {
                folder.Add($"{part}/a/{i}.png", Grey(100 * p + i));
                folder.Add($"{part}/b/{i}.png", Grey(100 * p + 9 - i));
            }
        }

        return folder;
    }

    private static byte[] Grey(int value) => Pictures.Png(4, 4, 8, 0, y => [(byte)value, (byte)value, (byte)value, (byte)value]);

    private static void Shell(string folder, string command)
    {
        using Process shell = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { WorkingDirectory = folder })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
