using System.Security.Cryptography;
using Onebit.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Seeds keep their meaning: parameters are created in the order of the layers, from the same draws as ever.</summary>
public class SeedTests
{
    private const int Images = 64,
        Batch = 32,
        Side = 28;

    [Theory]
    [InlineData("methods/residual-adabin", "D75720ADA8A4576F", 2.6453087, 2.7490754)]
    [InlineData("methods/residual-bireal", "8548040D794EB8A9", 2.828885, 2.799887)]
    [InlineData("methods/residual-reactnet", "206AD96E68ED3AF0", 3.113468, 2.6309676)]
    [InlineData("quick/cnn-binaryconnect", "EBD5310AC1E62667", 2.6249046, 2.5394933)]
    [InlineData("quick/cnn-binarynet", "EBD5310AC1E62667", 2.687445, 2.6351542)]
    [InlineData("quick/cnn-float32", "EBD5310AC1E62667", 2.7596745, 2.5165796)]
    [InlineData("quick/logistic-binaryconnect", "4D26C945BB6420A9", 2.6835701, 2.7736685)]
    [InlineData("quick/logistic-binarynet-1bit", "4D26C945BB6420A9", 2.6533155, 2.8308985)]
    [InlineData("quick/logistic-float32", "4D26C945BB6420A9", 2.6329532, 2.907162)]
    [InlineData("quick/mlp-binaryconnect-stochastic", "5694BA047FE15D37", 2.6626422, 2.6138194)]
    [InlineData("quick/mlp-binaryconnect", "5694BA047FE15D37", 2.619745, 2.9749439)]
    [InlineData("quick/mlp-binarynet-1bit", "5694BA047FE15D37", 2.4493985, 2.8655024)]
    [InlineData("quick/mlp-binarynet", "5694BA047FE15D37", 2.4561439, 3.0972948)]
    [InlineData("quick/mlp-float32", "5694BA047FE15D37", 2.8209372, 3.0018828)]
    [InlineData("reference/cnn-float32-128-64-32", "A5E3E5DA84E419BE", 2.3071735, 2.3095691)]
    [InlineData("reference/cnn-float32-20-50-64", "9AD3EFD5C6811B05", 2.3063107, 2.3157492)]
    [InlineData("reference/cnn-stochastic", "54553DAFBC718CA5", 2.3036, 2.2989864)]
    [InlineData("reference/mlp-float32", "B7CC6A28E311C7DE", 2.299532, 2.3029695)]
    [InlineData("reference/mlp-stochastic-128", "5BEAAE99B763A5EF", 2.3378136, 2.3028738)]
    [InlineData("reference/mlp-stochastic-long", "461E1C528BF8853B", 2.3141947, 2.3170025)]
    [InlineData("reference/mlp-stochastic-short", "F000588136AFAEC0", 2.3187346, 2.3216076)]
    [InlineData("reference/softmax-float32", "385AD659F15FF19F", 2.318023, 2.4703264)]
    [InlineData("reference/softmax-stochastic", "ED4654FC8D33E1E1", 22.627705, 20.50378)]
    [InlineData("smoke/tiny-cnn-binarynet", "3109DF9DFD8C3075", 2.811352, 2.8812373)]
    [InlineData("smoke/tiny-cnn-float32", "3109DF9DFD8C3075", 2.7153072, 2.9867113)]
    public void Seed_1_gives_these_weights_and_these_losses_of_the_first_two_steps(string name, string weights, double first, double second)
    {
        using var scope = NewDisposeScope();
        (byte[] pixels, byte[] labels) = Blobs();
        var images = new ImageSet(pixels, labels, 1, Side, Side);
        Experiment experiment = ExperimentFile.Load(Path.Combine(ExperimentFile.ShippedFolder, name + ".json")) with
        {
            ValidationImages = 8,
        };
        manual_seed(1);
        using Network network = NetworkFactory.Create(experiment, new Dataset("blobs", images, images));
        Assert.Equal(weights, Hash(network));

        var optimizer = new Optimizer(experiment, network);
        manual_seed(2_000_006);
        network.train();
        network.Progress = 0;
        double[] losses =
        [
            .. Enumerable
                .Range(0, Images / Batch)
                .Select(step =>
                {
                    Tensor x = tensor(pixels.Skip(step * Batch * Side * Side).Take(Batch * Side * Side).ToArray(), [Batch, 1, Side, Side]);
                    Tensor y = tensor(labels.Skip(step * Batch).Take(Batch).Select(l => (long)l).ToArray());
                    Tensor loss = Classification.Loss(experiment.Loss, network.forward(network.Prepare(x)), y);
                    optimizer.Step(loss);
                    return (double)loss.ToSingle();
                }),
        ];
        // Another processor rounds otherwise, and a rounded activation may turn. The second loss comes after such a step.
        Assert.Equal(first, losses[0], 0.01 * first);
        Assert.Equal(second, losses[1], 0.03 * second);
    }

    private static string Hash(Network network)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Tensor tensor in network.state_dict().Values)
        {
            hash.AppendData(tensor.detach().contiguous().bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset())[..16];
    }

    /// <summary>A light disc somewhere on each image, and some noise.</summary>
    private static (byte[] Pixels, byte[] Labels) Blobs()
    {
        var random = new Random(1);
        byte[] pixels = new byte[Images * Side * Side];
        for (int i = 0; i < Images; i++)
        {
            int column = random.Next(6, 22),
                row = random.Next(6, 22);
            for (int p = 0; p < Side * Side; p++)
            {
                int distance = (p % Side - column) * (p % Side - column) + (p / Side - row) * (p / Side - row);
                pixels[i * Side * Side + p] = (byte)(
                    distance < 40 ? 255 - random.Next(60)
                    : random.Next(8) == 0 ? random.Next(256)
                    : 0
                );
            }
        }

        return (pixels, [.. Enumerable.Range(0, Images).Select(i => (byte)(i % 10))]);
    }
}
