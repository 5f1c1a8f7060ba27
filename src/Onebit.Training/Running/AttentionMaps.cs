using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>What the attention of a trained network looks at.</summary>
public static class AttentionMaps
{
    /// <summary>
    /// How much attention each position gets: the mean over heads and queries, divided by the largest of its map. For each image and each
    /// attention layer a map of height x width numbers from 0 to 1.
    /// </summary>
    /// <param name="folder">The folder of a finished run.</param>
    /// <param name="data">What it was trained on.</param>
    /// <param name="images">The images.</param>
    /// <returns>Maps by image, then by layer. None where the network has no attention or its weights are not there.</returns>
    /// <exception cref="ExperimentException">The run is damaged, or of other images.</exception>
    public static AttentionMap[][] Of(string folder, Dataset data, ImageSet images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (!File.Exists(Path.Combine(folder, RunFolder.WeightsFile)))
        {
            return [];
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using Network network = ParentRun.Load(folder, data);
        NetworkNode[] attention = [.. network.Nodes.Where(n => n.Module is AttentionModule)];
        if (attention.Length == 0)
        {
            return [];
        }

        Tensor[] values = network.Trace(network.Prepare(Evaluator.Pixels(images)));
        AttentionMap[][] layers = [.. attention.Select(n => Maps(n, [.. n.Node.Inputs.Select(v => values[v])]))];
        return [.. Enumerable.Range(0, images.Count).Select(image => layers.Select(layer => layer[image]).ToArray())];
    }

    /// <summary>The maps of one layer, one per image.</summary>
    private static AttentionMap[] Maps(NetworkNode node, Tensor[] inputs)
    {
        Tensor p = ((AttentionModule)node.Module).Probabilities(inputs, node.Inputs).mean([1, 2]);
        p = p / p.amax([1], keepdim: true).clamp_min(1e-12);
        (int height, int width) = (node.Inputs[1].Shape.Height, node.Inputs[1].Shape.Width);
        return [.. p.data<float>().Chunk(height * width).Select(map => new AttentionMap(height, width, map))];
    }
}

/// <summary>How much attention each position of one image gets in one layer.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Shares">Row by row, 0 to 1.</param>
public sealed record AttentionMap(int Height, int Width, IReadOnlyList<float> Shares);
