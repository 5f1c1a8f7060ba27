using Onebit.Export;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// The float32 twin of a network that is still a list of layers: normalizations and scales are folded into the weights
/// before them, dropout does nothing.
/// </summary>
internal static class NetworkTwin
{
    internal static FloatTwin Of(NetworkSpec network, FloatShape input, int classes)
    {
        var twin = new FloatTwinBuilder(input);
        return twin.Build(Walk(network.Layers, 0));

        int Walk(IReadOnlyList<LayerSpec> layers, int value) =>
            layers.Aggregate(
                value,
                (x, layer) =>
                    layer switch
                    {
                        LayerSpec.Dense d => twin.Linear(
                            x,
                            d.Units == 0 ? classes : d.Units,
                            twin.Values[x].Height,
                            twin.Values[x].Width,
                            1,
                            0,
                            1
                        ),
                        LayerSpec.Conv c => twin.Linear(x, c.Filters, c.Kernel, c.Kernel, c.Stride, c.Padding, c.Groups),
                        LayerSpec.MaxPool p => twin.MaxPool(x, p.Size, p.Stride == 0 ? p.Size : p.Stride),
                        LayerSpec.AveragePool { Size: 0 } p => Walk([p with { Size = twin.Values[x].Height }], x),
                        LayerSpec.AveragePool p => twin.AveragePool(x, p.Size, p.Stride == 0 ? p.Size : p.Stride),
                        LayerSpec.Activation => twin.Relu(x),
                        LayerSpec.Residual r => twin.Add(Walk(r.Layers, x), x),
                        _ => x,
                    }
            );
    }
}
