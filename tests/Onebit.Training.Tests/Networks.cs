using System.Text.Json;

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
            new NetworkSpec("n", JsonSerializer.Deserialize<LayerSpec[]>(layers, Experiment.Json)!),
            method,
            input,
            classes,
            pixels,
            activationBits,
            weightBits,
            zeroInit
        );

    public static NetworkSpec Shipped(string name) =>
        JsonSerializer.Deserialize<NetworkSpec>(
            File.ReadAllText(Path.Combine(ExperimentFile.ShippedFolder, "networks", name + ".json")),
            Experiment.Json
        )!;
}
