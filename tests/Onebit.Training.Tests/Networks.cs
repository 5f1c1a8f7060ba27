using System.Text.Json;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Networks from the text of an experiment file.</summary>
internal static class Networks
{
    public static Network Create(
        string layers,
        Method method,
        (int Channels, int Height, int Width) input,
        int classes,
        PixelEncoding pixels = PixelEncoding.Bytes,
        int? activationBits = null,
        int? weightBits = null,
        bool zeroInit = false
    ) =>
        new(
            new NetworkSpec("n", JsonSerializer.Deserialize<Layer[]>(layers, Experiment.Json)!),
            method,
            new Shape(input.Channels, input.Height, input.Width),
            classes,
            pixels,
            activationBits,
            weightBits,
            zeroInit
        );

    /// <summary>A module by itself on a value whose numbers count in codes, with 0 outside.</summary>
    public static Tensor Forward(this LayerModule module, Tensor x) => module.Forward([x], [new Value(default)]);

    public static NetworkSpec Shipped(string name) =>
        JsonSerializer.Deserialize<NetworkSpec>(
            File.ReadAllText(Path.Combine(ExperimentFile.ShippedFolder, "networks", name + ".json")),
            Experiment.Json
        )!;
}
