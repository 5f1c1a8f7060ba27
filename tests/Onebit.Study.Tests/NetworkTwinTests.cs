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
                new LayerSpec.Conv(6, 3, Stride: 2, Padding: 1, Groups: 1),
                new LayerSpec.Norm(),
                new LayerSpec.Activation(),
                new LayerSpec.MaxPool(3, 2),
                new LayerSpec.Residual([new LayerSpec.Conv(6, 3, Padding: 1, Groups: 3), new LayerSpec.Norm()]),
                new LayerSpec.Activation(),
                new LayerSpec.Dropout(0.5),
                new LayerSpec.AveragePool(2),
                new LayerSpec.Dense(12),
                new LayerSpec.Norm(),
                new LayerSpec.Dense(),
                new LayerSpec.Norm(),
            ]
        );
        NetworkSpec averaged = new("averaged", [new LayerSpec.Conv(10, 3), new LayerSpec.Norm(), new LayerSpec.AveragePool()]);
        NetworkSpec[] shipped = [.. Preset.Names.SelectMany(Preset.Load).Select(e => e.Network)];
        foreach (NetworkSpec spec in shipped.Append(pooled).Append(averaged))
        {
            using var network = new Network(spec, Method.Named("float32"), (1, 28, 28), 10, PixelEncoding.Normalized);
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
            Assert.Equal(network.modules().OfType<ActivationLayer>().Count(), graph.Nodes.OfType<FloatNode.Relu>().Count());
        }
    }
}
