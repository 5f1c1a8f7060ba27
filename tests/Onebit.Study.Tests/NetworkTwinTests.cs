using Onebit.Export;
using Onebit.Training;

namespace Onebit.Study.Tests;

public class NetworkTwinTests
{
    [Fact]
    public void A_graph_does_the_work_of_its_network()
    {
        NetworkSpec pooled = new(
            "pooled",
            [
                new ConvLayer(6, 3, Stride: 2, Padding: 1, Groups: 1),
                new BatchNormLayer(),
                new ActivationLayer(),
                new MaxPoolLayer(3, 2),
                new ResidualLayer([new ConvLayer(6, 3, Padding: 1, Groups: 3), new BatchNormLayer()]),
                new ActivationLayer(),
                new DropoutLayer(0.5),
                new AveragePoolLayer(2),
                new DenseLayer(12),
                new BatchNormLayer(),
                new DenseLayer(),
                new BatchNormLayer(),
            ]
        );
        NetworkSpec averaged = new("averaged", [new ConvLayer(10, 3), new BatchNormLayer(), new AveragePoolLayer()]);
        NetworkSpec[] shipped = [.. Preset.Names.SelectMany(Preset.Load).Select(e => e.Network)];
        foreach (NetworkSpec spec in shipped.Append(pooled).Append(averaged))
        {
            using var network = new Network(spec, Method.Named("float32"), new(1, 28, 28), 10, PixelEncoding.Normalized);
            FloatGraph graph = NetworkTwin.Of(spec, new Shape(1, 28, 28), 10);
            Assert.Equal(10, graph.ClassCount);
            Assert.Equal(
                network.MultiplyAccumulates,
                graph.Nodes.Select(
                        (layer, i) =>
                            layer is FloatNode.Linear l ? (long)l.Weights.Length * graph.Values[i + 1].Height * graph.Values[i + 1].Width : 0
                    )
                    .Sum()
            );
            Assert.Equal(network.modules().OfType<ActivationModule>().Count(), graph.Nodes.OfType<FloatNode.Relu>().Count());
        }
    }
}
