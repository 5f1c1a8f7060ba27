using CsCheck;

namespace Onebit.Tests;

/// <summary>Properties that hold for every model, on models and images at random.</summary>
public class RandomModelTests
{
    [Fact]
    public void Every_score_equals_that_of_the_reference_interpreter()
    {
        Gen.Select(RandomModels.Gen, Gen.Int)
            .Sample(
                (model, seed) =>
                {
                    byte[] pixels = RandomModels.Image(model, new Random(seed));
                    (int[][] values, long[] expected, int expectedClass) = ReferenceInterpreter.Run(model, pixels);
                    int[][] trace = model.Trace(pixels);
                    Assert.Equal(values.Length, trace.Length);
                    for (int i = 0; i < values.Length; i++)
                    {
                        Assert.Equal(values[i], trace[i]);
                    }

                    var scores = new long[model.ClassCount];
                    Assert.Equal(expectedClass, model.Predict(pixels, scores));
                    Assert.Equal(expected, scores);
                    Assert.Equal(expectedClass, model.Predict(pixels));
                },
                iter: 2000
            );
    }

    [Fact]
    public void Every_element_lies_within_the_range_of_its_value()
    {
        Gen.Select(RandomModels.Gen, Gen.Int)
            .Sample(
                (model, seed) =>
                {
                    int[][] trace = model.Trace(RandomModels.Image(model, new Random(seed)));
                    for (int i = 0; i < trace.Length; i++)
                    {
                        ValueInfo value = model.Values[i];
                        Assert.Equal(value.Count, trace[i].Length);
                        Assert.All(trace[i], element => Assert.InRange(element, value.Minimum, value.Maximum));
                        (long lowest, long highest) = value.Kind switch
                        {
                            ElementKind.Codes => (0, (1L << value.Bits) - 1),
                            ElementKind.Signs => (-1, 1),
                            _ => (-(1L << (value.Bits - 1)), (1L << (value.Bits - 1)) - 1),
                        };
                        Assert.True(value.Minimum >= lowest && value.Maximum <= highest, value.ToString());
                        if (value.Kind == ElementKind.Signs)
                        {
                            Assert.DoesNotContain(0, trace[i]);
                        }
                    }
                },
                iter: 1000
            );
    }

    [Fact]
    public void A_model_that_is_written_and_read_is_the_same()
    {
        Gen.Select(RandomModels.Gen, Gen.Int)
            .Sample(
                (model, seed) =>
                {
                    byte[] file = model.ToBytes();
                    BitModel read = BitModel.Read(file);
                    Assert.Equal(file, read.ToBytes());
                    Assert.Equal(model.Input, read.Input);
                    Assert.Equal(model.Values, read.Values);
                    Assert.Equal(model.ClassNames, read.ClassNames);
                    byte[] pixels = RandomModels.Image(model, new Random(seed));
                    long[] scores = new long[model.ClassCount],
                        readScores = new long[model.ClassCount];
                    Assert.Equal(model.Predict(pixels, scores), read.Predict(pixels, readScores));
                    Assert.Equal(scores, readScores);

                    // Magic, version, input, number of operations, names of classes and checksum are all that is not an operation's.
                    int operations = Enumerable.Range(0, model.Operations.Count).Sum(model.EncodedLength);
                    int names = file[4] == 1 ? 0 : model.ClassNames.Sum(name => 1 + System.Text.Encoding.UTF8.GetByteCount(name));
                    Assert.Equal(4 + 1 + 5 + 1 + names + 4, file.Length - operations);
                },
                iter: 1000
            );
    }

    [Fact]
    public void A_batch_gives_what_its_images_give_one_by_one()
    {
        Gen.Select(RandomModels.Gen, Gen.Int, Gen.Int[0, 9])
            .Sample(
                (model, seed, count) =>
                {
                    var random = new Random(seed);
                    byte[][] images = Build.Many(count, () => RandomModels.Image(model, random));
                    var classes = Build.Repeat(-1, count);
                    model.PredictBatch([.. images.SelectMany(image => image)], classes);
                    Assert.Equal(images.Select(image => model.Predict(image)), classes);
                },
                iter: 500
            );
    }
}
