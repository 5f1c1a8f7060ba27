using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Turns a trained network into bits, thresholds and integer affines. Batch normalization is folded into them
/// (its operation follows it in the list), average pooling into sums. What comes out is the network's evaluation
/// mode by definition; <see cref="TorchBitModel"/> runs it on torch, <see cref="BitModel"/> on bits.
/// </summary>
public static class Packer
{
    /// <summary>Packs the weights as they are: <see cref="WeightModule.Frozen"/> where set, else the planes of the latent ones.</summary>
    /// <param name="network">The trained network.</param>
    /// <param name="classNames">One name a class; null: numbers.</param>
    /// <param name="scaleBits">Bits of the multipliers that normalization becomes, see <see cref="Affine.ToFixedPoint"/>.</param>
    /// <exception cref="PackingException">A layer has no integer form.</exception>
    public static BitModel Pack(Network network, IReadOnlyList<string>? classNames = null, int scaleBits = Affine.MultiplierBits)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (network.Levels > 0)
        {
            throw new PackingException("diffusion models have no integer form yet");
        }

        if (network.InputBits == 32)
        {
            throw new PackingException($"pixels are seen as {network.Pixels.ToString().ToLowerInvariant()}, not as bytes, bits or signs");
        }

        if (network.ActivationBits == 32)
        {
            throw new PackingException("activations stay float32");
        }

        (int channels, int height, int width) = network.Input;
        var builder = new OperationBuilder(new(channels, height, width, network.InputBits, network.PixelThreshold), scaleBits);
        // Signs are packed as bits: what is 0 there stands for -1.
        Affine seen = network.Pixels == PixelEncoding.Signs ? new(2, 0, -1) : Affine.Identity;
        var values = new List<Value> { builder.Describe(0, seen) };
        try
        {
            foreach (NetworkNode node in network.Nodes)
            {
                values.Add(node.Output.HeldAs(Pack(builder, node, [.. node.Node.Inputs.Select(v => values[v])])));
            }

            builder.AppendScores(builder.Single(values[^1]));
            return builder.Build(classNames);
        }
        catch (InvalidDataException e)
        {
            throw new PackingException(e.Message.TrimEnd('.'));
        }
    }

    private static Value Pack(OperationBuilder builder, NetworkNode node, IReadOnlyList<Value> inputs)
    {
        try
        {
            return node.Module.Pack(builder, node.Node, inputs);
        }
        catch (Exception e) when (e is PackingException or InvalidDataException)
        {
            // What the model's check says begins with its operation, whose number nobody knows who wrote layers.
            string reason = e is PackingException ? e.Message : e.Message[(e.Message.IndexOf(": ", StringComparison.Ordinal) + 1)..].Trim();
            throw new PackingException($"{node.Node.Label}: {reason.TrimEnd('.')}");
        }
    }
}
