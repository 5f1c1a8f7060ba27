namespace Onebit.Tests;

/// <summary>The models of the repository.</summary>
public class ShippedModelTests
{
    public static TheoryData<string> Models =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "models"), "*.onebit").Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_is_saved_as_the_bytes_it_was_read_from(string name)
    {
        string path = Path.Combine(Repository.Root, "models", name);
        Assert.Equal(File.ReadAllBytes(path), BitModel.Load(path).ToBytes());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_predicts_what_the_reference_interpreter_says(string name)
    {
        BitModel model = BitModel.Load(Path.Combine(Repository.Root, "models", name));
        var random = new Random(1);
        var scores = new long[model.ClassCount];
        for (int i = 0; i < 2; i++)
        {
            byte[] pixels = RandomModels.Image(model, random);
            (_, long[] expected, int expectedClass) = ReferenceInterpreter.Run(model, pixels);
            Assert.Equal(expectedClass, model.Predict(pixels, scores));
            Assert.Equal(expected, scores);
        }
    }
}
