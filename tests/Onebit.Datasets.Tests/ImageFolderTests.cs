using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>Folders of images with one subfolder a class.</summary>
public class ImageFolderTests
{
    [Fact]
    public void Mnist_as_files_is_Mnist()
    {
        Dataset mnist = DatasetLoader.Load("mnist");
        ImageSet train = mnist.AllTrain.Slice(0, 600),
            test = mnist.Test.Slice(0, 100);
        using var folder = new TemporaryFolder();
        Write(folder, "train", train);
        Write(folder, "test", test);
        Dataset read = DatasetLoader.Load(folder.Path);
        Assert.Equal(mnist.ClassNames, read.ClassNames);
        Same(train, read.AllTrain);
        Same(test, read.Test);
        Same(test, DatasetLoader.LoadTest(folder.Path));
        Same(train.Slice(500, 100), read.Validation);

        static void Write(TemporaryFolder folder, string part, ImageSet set)
        {
            for (int i = 0; i < set.Count; i++)
            {
                folder.Add(Path.Combine(part, $"{set.Labels.Span[i]}", $"{i:D5}.png"), Digits.Png(set, i));
            }
        }

        static void Same(ImageSet expected, ImageSet actual)
        {
            Assert.Equal((expected.Channels, expected.Height, expected.Width), (actual.Channels, actual.Height, actual.Width));
            Assert.Equal(expected.Labels.Span, actual.Labels.Span);
            Assert.True(expected.Pixels.Span.SequenceEqual(actual.Pixels.Span));
        }
    }

    [Fact]
    public void Training_images_named_by_class_are_mixed()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "ant", "bee", "cow" })
        {
            for (int i = 0; i < 20; i++)
            {
                folder.Add(Path.Combine("train", name, $"{name}{i}.png"), Grey(i, name[0]));
            }

            folder.Add(Path.Combine("test", name, "x.png"), Grey(200, name[0]));
        }
        Dataset set = DatasetLoader.Load(folder.Path);
        Assert.Equal(["ant", "bee", "cow"], set.ClassNames);
        Assert.Equal(10, set.Validation.Count);
        Assert.All(Enumerable.Range(0, 3), c => Assert.InRange(set.Validation.Labels.ToArray().Count(l => l == c), 3, 4));
        Assert.Equal([0, 1, 2], set.Test.Labels.ToArray());
    }

    [Fact]
    public void Without_a_split_content_decides_and_names_do_not()
    {
        using TemporaryFolder folder = new(),
            renamed = new();
        for (int i = 0; i < 36; i++)
        {
            string name = i % 3 == 0 ? "few" : "many";
            folder.Add(Path.Combine(name, $"{i}.png"), Grey(i, 1));
            renamed.Add(Path.Combine(name, "deeper", $"{99 - i}.PNG"), Grey(i, 1));
        }
        Dataset set = DatasetLoader.Load(folder.Path),
            other = DatasetLoader.Load(renamed.Path);
        Assert.Equal((25, 5, 6), (set.Train.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal([0, 0, 1, 1, 1, 1], set.Test.Labels.ToArray().Order().Select(l => (int)l));
        Assert.Equal(set.AllTrain.Pixels.ToArray(), other.AllTrain.Pixels.ToArray());
        Assert.Equal(set.Test.Pixels.ToArray(), other.Test.Pixels.ToArray());
        Assert.Equal(set.Test.Pixels.ToArray(), DatasetLoader.LoadTest(folder.Path).Pixels.ToArray());
        // No image is in two parts.
        byte[] first =
        [
            .. Enumerable.Range(0, 30).Select(i => set.AllTrain.Image(i)[0]),
            .. Enumerable.Range(0, 6).Select(i => set.Test.Image(i)[0]),
        ];
        Assert.Equal(Enumerable.Range(0, 36).Select(i => (byte)i), first.Order());
    }

    [Fact]
    public void Colour_is_kept_where_there_is_some()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 6; i++)
        {
            folder.Add($"a/{i}.png", Grey(10 * i, 50));
            folder.Add($"b/{i}.png", Grey(10 * i, 60));
        }
        Assert.Equal((1, 28, 28), Shape(DatasetLoader.Load(folder.Path)));
        Assert.Equal((3, 9, 7), Shape(DatasetLoader.Load(folder.Path, shape: new Shape(3, 9, 7))));
        folder.Add("b/red.png", Pictures.Encode(SKEncodedImageFormat.Png, 5, 5, (_, _) => SKColors.Red));
        Dataset colour = DatasetLoader.Load(folder.Path);
        Assert.Equal((3, 28, 28), Shape(colour));
        Assert.Contains(
            Enumerable.Range(0, colour.AllTrain.Count),
            i => colour.AllTrain.Image(i)[0] == 255 && colour.AllTrain.Image(i)[784] == 0
        );
        Assert.Equal((1, 28, 28), Shape(DatasetLoader.Load(folder.Path, shape: new Shape(1, 28, 28))));

        static (int, int, int) Shape(Dataset set) => (set.Test.Channels, set.Test.Height, set.Test.Width);
    }

    [Fact]
    public void Labels_count_the_classes_of_a_model()
    {
        using var folder = new TemporaryFolder();
        folder.Add("test/dog/1.png", Grey(1, 0));
        folder.Add("test/cat/2.png", Grey(2, 0));
        Assert.Equal([2, 0], DatasetLoader.LoadTest(folder.Path, classNames: ["cat", "cow", "dog"]).Labels.ToArray());
        Assert.Equal([1, 0], DatasetLoader.LoadTest(folder.Path).Labels.ToArray());
        Idx.Refused(() => DatasetLoader.LoadTest(folder.Path, classNames: ["cat", "cow"]), "'dog'", "cat, cow");
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, "'test'", "no 'train'");
    }

    [Fact]
    public void Hidden_and_other_files_are_left_out_and_links_followed_but_not_in_circles()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        for (int i = 0; i < 4; i++)
        {
            folder.Add($"a/{i}.png", Grey(i, 3));
            elsewhere.Add($"{i}.png", Grey(100 + i, 3));
        }
        folder.Add("a/notes.txt", "no image");
        folder.Add("a/.hidden.png", "no image");
        folder.Add(".git/x/1.png", "no image");
        File.CreateSymbolicLink(folder.File("a/linked.png"), elsewhere.File("0.png"));
        Directory.CreateSymbolicLink(folder.File("b"), elsewhere.Path);
        Directory.CreateSymbolicLink(folder.File("a/again"), folder.Path);
        Dataset set = DatasetLoader.Load(folder.Path);
        Assert.Equal(["a", "b"], set.ClassNames);
        Assert.Equal(9, set.AllTrain.Count + set.Test.Count);
    }

    [Fact]
    public void What_is_wrong_with_a_folder_is_said()
    {
        using var folder = new TemporaryFolder();
        folder.Add("a/1.png", Grey(1, 1));
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, "one class, 'a'");
        Directory.CreateDirectory(folder.File("b"));
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.File("b"), "holds no image");
        folder.Add("b/1.png", Grey(2, 1));
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, "2 images", "at least 3");
        string text = folder.Add("b/2.png", "a text");
        Idx.Refused(() => DatasetLoader.Load(folder.Path), "One of 3 images", text, "is not a PNG");
        folder.Add("b/3.png", []);
        Idx.Refused(() => DatasetLoader.Load(folder.Path), "2 of 4 images");
        File.CreateSymbolicLink(folder.File("b/4.png"), folder.File("none.png"));
        Idx.Refused(() => DatasetLoader.Load(folder.Path), "One of 5 images", folder.File("b/4.png"));
        Directory.CreateDirectory(folder.File("c\n"));
        Idx.Refused(() => DatasetLoader.Load(folder.Path), folder.Path, "control character");
        Idx.Refused(() => DatasetLoader.Load("mnist", shape: new Shape(0, 20, 20)), "'mnist'", "size of their own");
    }

    [Fact]
    public void Decoding_is_reported()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 130; i++)
        {
            folder.Add($"{i % 2}/{i}.png", Grey(i, 3));
        }

        var reports = new List<LoadProgress>();
        DatasetLoader.Load(folder.Path, new Recorder(reports));
        Assert.Equal([64, 128, 130], reports.Select(r => r.Done));
        Assert.All(reports, r => Assert.Equal((folder.Path, 130, "images"), (r.What, r.Total, r.Unit)));
    }

    private static byte[] Grey(int value, int other) =>
        Pictures.Png(4, 4, 8, 0, y => [(byte)value, (byte)value, (byte)(y == 3 ? other : value), (byte)value]);

    private sealed class Recorder(List<LoadProgress> reports) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => reports.Add(value);
    }
}
