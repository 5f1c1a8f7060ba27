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
    /// <param name="classNames">One name a class; null: numbers. A network without classes has no use for them.</param>
    /// <param name="scaleBits">Bits of the multipliers that normalization becomes, see <see cref="Affine.ToFixedPoint"/>.</param>
    /// <exception cref="PackingException">A layer has no integer form.</exception>
    public static BitModel Pack(Network network, IReadOnlyList<string>? classNames = null, int scaleBits = Affine.MultiplierBits)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (network.InputBits == 32 && network.Generation is null)
        {
            throw new PackingException($"pixels are seen as {network.Pixels.ToString().ToLowerInvariant()}, not as bytes, bits or signs");
        }

        if (network.ActivationBits == 32)
        {
            throw new PackingException("activations stay float32");
        }

        var builder = new OperationBuilder(Input(network), scaleBits);
        var values = new List<Value> { Seen(network, builder) };
        try
        {
            foreach (NetworkNode node in network.Nodes)
            {
                values.Add(node.Output.HeldAs(Pack(builder, node, [.. node.Node.Inputs.Select(v => values[v])])));
            }

            Value end = builder.Single(values[^1]);
            if (network.Generation is not null)
            {
                builder.Requantize(end.Then(new Affine(1 << Generator.FractionBits, 0, 0)), 16);
            }
            else
            {
                builder.AppendScores(end);
            }

            return builder.Build(network.Generation is { HasClasses: false } ? null : classNames);
        }
        catch (InvalidDataException e)
        {
            throw new PackingException(e.Message.TrimEnd('.'));
        }
        catch (OverflowException e)
        {
            throw new PackingException("its numbers are too large to fold into integers", e);
        }
    }

    private static ModelInput Input(Network network)
    {
        (int channels, int height, int width) = network.Input;
        return network.Generation is null
            ? new ModelInput(channels, height, width, network.InputBits, network.PixelThreshold)
            : new ModelInput(channels, height, width, network.Generation.Pixels == GeneratedPixels.Bits ? 1 : 16, 0)
            {
                Diffusion = new DiffusionInput(network.Generation.Schedule, network.Classes),
            };
    }

    /// <summary>What the first layer reads.</summary>
    private static Value Seen(Network network, OperationBuilder builder)
    {
        if (network.Generation is not null)
        {
            // Counted in codes, as the network sees it.
            var codes = new Affine((double)EightBitRelu.CodesPerOne / (1 << Generator.FractionBits), 0, 0);
            return builder.Describe(builder.Append(new Slice(0, 0, network.Input)).Index, codes);
        }

        // Signs are packed as bits: what is 0 there stands for -1.
        return builder.Describe(0, network.Pixels == PixelEncoding.Signs ? new Affine(2, 0, -1) : Affine.Identity);
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
