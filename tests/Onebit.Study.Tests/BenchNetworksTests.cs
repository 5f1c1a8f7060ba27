using Onebit.Datasets;

namespace Onebit.Study.Tests;

public class BenchNetworksTests
{
    [Fact]
    public void About_half_of_the_activations_of_the_networks_with_random_weights_are_plus_1()
    {
        const int Count = 20,
            Pixels = 784;
        byte[] pixels = new byte[Count * Pixels];
        new Random(1).NextBytes(pixels);
        var images = new ImageSet(pixels, new byte[Count], 1, 28, 28);
        (string Name, BitModel Model)[] networks = [.. BenchNetworks.All(images)];
        Assert.Equal(["784-128-128-10", "784-256-256-256-10", "784-1024-1024-1024-10", "cnn 20-50-64"], networks.Select(n => n.Name));
        Assert.Equal(
            [118_016, 334_336, 2_910_208, 8 * 288_000 + 1_600_000 + 51_200 + 640],
            networks.Select(n => Bench.BinaryMacs(n.Model))
        );
        foreach ((_, BitModel model) in networks)
        {
            int[][][] traces = [.. Enumerable.Range(0, Count).Select(i => model.Trace(images.Image(i)))];
            for (int value = 0; value < traces[0].Length; value++)
            {
                if (model.Values[value].Kind == ElementKind.Signs)
                {
                    Assert.InRange(traces.SelectMany(t => t[value]).Average(), -0.3, 0.3);
                }
            }
        }
    }
}
