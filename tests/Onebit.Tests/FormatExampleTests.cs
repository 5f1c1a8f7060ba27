namespace Onebit.Tests;

/// <summary>The files that docs/format.md shows are real, and give what it says.</summary>
public class FormatExampleTests
{
    [Fact]
    public void The_example_of_the_documentation_is_a_real_file()
    {
        var model = new BitModel(
            new ModelInput(1, 2, 2, 1, 128),
            [
                Build.Dense(0, 2, 2, 2, "++-- +-+-"),
                new Threshold(1, new[] { 1, 0 }, new[] { false, true }),
                Build.Dense(2, 2, 1, 1, "++ +-"),
                new Scores(3, new[] { 3, 1 }, new[] { 0L, -5 }, 1),
            ]
        );
        byte[] file = FileBytes.WithChecksum(FileBytes.Parse(FileBytes.Example));
        Assert.Equal(file, model.ToBytes());
        Assert.Equal([10, 7, 10, 10], Enumerable.Range(0, 4).Select(model.EncodedLength));

        BitModel read = BitModel.Read(file);
        int[][] trace = read.Trace([200, 10, 50, 255]);
        Assert.Equal([1, 0, 0, 1], trace[0]);
        Assert.Equal([0, 0], trace[1]);
        Assert.Equal([-1, -1], trace[2]);
        Assert.Equal([-2, 0], trace[3]);
        var scores = new long[2];
        Assert.Equal(1, read.Predict([200, 10, 50, 255], scores));
        Assert.Equal([-6, -5], scores);
    }

    [Fact]
    public void The_example_with_a_convolution_is_a_real_file()
    {
        var model = new BitModel(
            new ModelInput(1, 3, 3, 8, 0),
            [
                Build.Dense(0, 2, 2, 2, "++-- +-+-"),
                new MaxPool(1, 2, 1),
                new Requantize(2, new[] { 3, 5 }, new[] { 1024L, -64 }, 4, 8),
                Build.Dense(3, 2, 1, 1, "++ +-"),
                new Scores(4, new[] { 3, 1 }, new[] { 0L, -5 }, 1),
            ]
        );
        byte[] file = FileBytes.WithChecksum(FileBytes.Parse(FileBytes.ConvolutionExample));
        Assert.Equal(file, model.ToBytes());
        // Sums of two codes less two; 5 * 510 is the largest product, and 3 * 510 + 1024 the largest sum.
        Assert.Equal([10, 10, 13, 10, 12], Enumerable.Range(0, 5).Select(model.AccumulatorBits));

        byte[] image = [10, 20, 30, 40, 50, 60, 70, 80, 250];
        int[][] trace = BitModel.Read(file).Trace(image);
        Assert.Equal([-60, -60, -60, -220, -20, -20, -20, -180], trace[1]);
        Assert.Equal([-60, -20], trace[2]);
        Assert.Equal([52, 0], trace[3]);
        Assert.Equal([52, 52], trace[4]);
        var scores = new long[2];
        Assert.Equal(0, model.Predict(image, scores));
        Assert.Equal([156, 47], scores);
    }

    [Theory]
    [InlineData(FileBytes.Example, "A small file, complete")]
    [InlineData(FileBytes.ConvolutionExample, "A file with a convolution")]
    public void The_documentation_shows_the_examples_byte_for_byte(string content, string heading)
    {
        string document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "format.md"));
        document = document[document.IndexOf($"## {heading}", StringComparison.Ordinal)..];
        string example = document[document.IndexOf("    31 42 49 54", StringComparison.Ordinal)..];
        IEnumerable<string> lines = example.Split('\n').TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal));
        byte[] shown =
        [
            .. lines
                .SelectMany(line =>
                    line.Split([' '], StringSplitOptions.RemoveEmptyEntries)
                        .TakeWhile(word => word.Length == 2 && word.All(char.IsAsciiHexDigit))
                )
                .Select(word => Convert.ToByte(word, 16)),
        ];
        byte[] file = FileBytes.WithChecksum(FileBytes.Parse(content));
        Assert.Equal(file, shown);
        Assert.Contains($"{file.Length} bytes", document, StringComparison.Ordinal);
    }
}
