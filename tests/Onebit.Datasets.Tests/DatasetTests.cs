namespace Onebit.Datasets.Tests;

public class DatasetTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 1)]
    [InlineData(12, 2)]
    [InlineData(9_999, 1_666)]
    [InlineData(10_000, 5_000)]
    [InlineData(12_345, 5_000)]
    public void The_last_images_are_for_validation(int count, int validation)
    {
        byte[] pixels = [.. Enumerable.Range(0, count).Select(i => (byte)(i * 31 >> 3))];
        var all = new ImageSet(pixels, new byte[count], 1, 1, 1);
        var set = new Dataset("a name", all, all.Slice(0, 1));
        Assert.Equal("a name", set.Name);
        Assert.Same(all, set.AllTrain);
        Assert.Equal(validation, set.Validation.Count);
        Assert.Equal(pixels.AsSpan(0, count - validation), set.Train.Pixels.Span);
        Assert.Equal(pixels.AsSpan(count - validation), set.Validation.Pixels.Span);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 }, 0, 2)]
    [InlineData(new byte[] { 3, 0 }, 1, 4)]
    [InlineData(new byte[] { 0, 3 }, 1, 4)]
    [InlineData(new byte[] { 0, 1 }, 255, 256)]
    public void Classes_are_counted_over_all_images(byte[] train, byte test, int classes) =>
        Assert.Equal(
            classes,
            new Dataset("", new ImageSet(new byte[2], train, 1, 1, 1), new ImageSet(new byte[1], new[] { test }, 1, 1, 1)).ClassCount
        );

    [Fact]
    public void Classes_have_names()
    {
        var images = new ImageSet(new byte[3], new byte[] { 0, 2, 1 }, 1, 1, 1);
        Assert.Equal(["0", "1", "2"], new Dataset("", images, images).ClassNames);
        var named = new Dataset("", images, images, ["cat", "dog", "emu", "fox"]);
        Assert.Equal((4, "fox"), (named.ClassCount, named.ClassNames[3]));
        Assert.Throws<ArgumentException>(() => new Dataset("", images, images, ["cat", "dog"]));
    }

    [Fact]
    public void Shapes_must_agree()
    {
        var wide = new ImageSet(new byte[8], new byte[2], 1, 1, 4);
        Assert.Throws<ArgumentException>(() => new Dataset("", wide, new ImageSet(new byte[8], new byte[2], 1, 4, 1)));
        Assert.Throws<ArgumentException>(() => new Dataset("", wide, new ImageSet(new byte[8], new byte[2], 4, 1, 1)));
    }

    [Fact]
    public void One_training_image_cannot_be_split()
    {
        var one = new ImageSet(new byte[4], new byte[1], 1, 1, 4);
        Assert.Throws<ArgumentException>(() => new Dataset("", one, one));
    }

    [Fact]
    public void The_hash_tells_what_a_set_holds_and_how_it_is_split()
    {
        ImageSet Images(byte[] labels, byte first = 0) =>
            new(Enumerable.Range(first, 4 * labels.Length).Select(i => (byte)i).ToArray(), labels, 1, 2, 2);
        ImageSet test = Images([0, 1]);
        byte[] labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
        Dataset[] sets =
        [
            new("a", Images(labels), test, ["x", "y"]),
            new("a", Images(labels), test, ["x", "y"], validationCount: 5),
            new("a", Images([1, 0, .. labels[2..]]), test, ["x", "y"]),
            new("a", Images(labels, 1), test, ["x", "y"]),
            new("a", Images(labels), Images([0, 1], 1), ["x", "y"]),
            new("a", Images(labels), test, ["y", "x"]),
            new("a", Images(labels), test, ["x", "y", "z"]),
        ];
        Assert.Equal(sets.Length, sets.Select(s => s.Sha256).Distinct().Count());
        // The name, the folder, and a count that is the usual one say nothing of the content.
        Assert.Equal(sets[0].Sha256, new Dataset("b", Images(labels), test, ["x", "y"], validationCount: 2) { Folder = "/b" }.Sha256);
        Assert.Equal(5, sets[1].Validation.Count);
        Assert.Throws<ArgumentException>(() => new Dataset("a", Images(labels), test, validationCount: 12));
        Assert.Throws<ArgumentException>(() => new Dataset("a", Images(labels), test, validationCount: 0));
    }
}
