using Onebit.Datasets;
using Onebit.Export;
using Onebit.Training;

namespace Onebit.Study.Tests;

/// <summary>The float graph that layers build and the one that operations build.</summary>
public class NetworkFloatGraphTests
{
    private static readonly Shape s_image = new(1, 28, 28);

    [Fact]
    public void The_float_graph_of_layers_does_the_work_of_the_network()
    {
        NetworkSpec pooled = new(
            "pooled",
            [
                new ConvLayer(6, 3, Stride: 2, Padding: 1, Groups: 1),
                new BatchNormLayer(),
                new ActivationLayer(),
                new MaxPoolLayer(3, 2) { Name = "shortcut" },
                new ConvLayer(6, 3, Padding: 1, Groups: 3),
                new BatchNormLayer { Name = "path" },
                new AddLayer { From = ["path", "shortcut"] },
                new ActivationLayer(),
                new DropoutLayer(0.5),
                new AveragePoolLayer(2),
                new RepeatLayer(2, [new DenseLayer(12), new BatchNormLayer()]),
                new DenseLayer(),
                new BatchNormLayer(),
            ]
        );
        NetworkSpec averaged = new("averaged", [new ConvLayer(10, 3), new BatchNormLayer(), new AveragePoolLayer()]);
        (NetworkSpec, GenerationSpec? Generation)[] all =
        [
            // A threshold on scores has no form in full precision.
            .. Preset.Names.SelectMany(Preset.Load).Where(e => e.Name != "bit-threshold").Select(e => (e.Network, e.Generation)),
            (pooled, null),
            (averaged, null),
        ];
        foreach ((NetworkSpec spec, GenerationSpec? generation) in all)
        {
            using var network = new Network(spec, Method.Named("float32"), s_image, 10, PixelEncoding.Normalized, generation: generation);
            FloatGraph graph = spec.ToFloatGraph(s_image, 10);
            Assert.Equal(generation is not null ? s_image.Count : 10, graph.OutputCount);
            Assert.Equal(network.MultiplyAccumulates, graph.MultiplyAccumulates);
            // RPReLU and Maxout are ReLUs, as they are where a packed model's operations build the graph. Quantizing both signs is not.
            Assert.Equal(
                network.modules().Count(m => m is ActivationModule { IsSigned: false } or PiecewiseLinearModule),
                graph.Nodes.OfType<FloatNode.Relu>().Count()
            );
        }
    }

    [Fact]
    public void Both_float_graphs_of_every_shipped_network_that_packs_have_the_same_multiply_accumulates()
    {
        var images = new ImageSet(new byte[20 * 784], Enumerable.Range(0, 20).Select(i => (byte)(i % 10)).ToArray(), 1, 28, 28);
        var data = new Dataset("none", images, images);
        int packed = 0;
        foreach (
            Experiment experiment in Preset
                .Names.SelectMany(Preset.Load)
                .DistinctBy(e => (e.Network.Name, e.Method, e.WeightBits, e.ActivationBits, e.PixelEncoding))
        )
        {
            using Network network = NetworkFactory.Create(experiment with { ValidationImages = null }, data);
            // Attention of a few bits has no packed form.
            bool hasFewBits = network.modules().OfType<AttentionModule>().Any() && network.ActivationBits is > 1 and < 8;
            if (network.WeightBits == 32 || network.ActivationBits == 32 || network.InputBits == 32 || hasFewBits)
            {
                continue;
            }

            long expected = experiment.Network.ToFloatGraph(s_image, 10).MultiplyAccumulates;
            Assert.Equal(expected, FloatGraph.Of(Packer.Pack(network)).MultiplyAccumulates);
            packed++;
        }

        Assert.InRange(packed, 50, 1000);
    }
}
