using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>What an experiment's network will be, known before it is trained.</summary>
/// <param name="Layers">Its layers, repetitions written out.</param>
/// <param name="Parameters">Trained numbers.</param>
/// <param name="MultiplyAccumulates">Of one image.</param>
/// <param name="Bytes">Of the packed model; a count where it is not packed.</param>
/// <param name="Model">The packed model with untrained weights; null: it is in full precision, or cannot be packed.</param>
/// <param name="Obstacle">Why it cannot be packed; null: it can, or it is in full precision.</param>
public sealed record NetworkPlan(
    IReadOnlyList<LayerPlan> Layers,
    long Parameters,
    long MultiplyAccumulates,
    long Bytes,
    BitModel? Model,
    string? Obstacle
)
{
    /// <summary>Builds the network with random weights and packs it.</summary>
    /// <exception cref="ExperimentException">The layers do not fit together.</exception>
    public static NetworkPlan Of(Experiment experiment, Dataset data)
    {
        // Weights of 0 would have scales of 0, which no training leaves.
        using Network network = NetworkFactory.Create(experiment with { ZeroInit = false }, data);
        (BitModel? model, string? obstacle) = (null, null);
        if (network.WeightBits < 32)
        {
            try
            {
                model = Packer.Pack(network, data.ClassNames, experiment.ScaleBits ?? Affine.MultiplierBits);
            }
            catch (PackingException e)
            {
                obstacle = e.Message;
            }
        }

        return new NetworkPlan(
            [
                .. network.Nodes.Select(n => new LayerPlan(
                    n.Node.Label,
                    n.Output.Shape,
                    n.Node.SharedWith is null ? n.Module.parameters().Sum(p => p.numel()) : 0,
                    n.Module.MultiplyAccumulates([.. n.Inputs.Select(i => i.Shape)], n.Output.Shape)
                )),
            ],
            network.ParameterCount,
            network.MultiplyAccumulates,
            model?.ToBytes().Length ?? network.CountedBytes,
            model,
            obstacle
        );
    }
}

/// <summary>A layer of a <see cref="NetworkPlan"/>.</summary>
/// <param name="Label">Its number and type.</param>
/// <param name="Shape">What it gives.</param>
/// <param name="Parameters">Trained numbers of its own.</param>
/// <param name="MultiplyAccumulates">Of one image.</param>
public sealed record LayerPlan(string Label, Shape Shape, long Parameters, long MultiplyAccumulates);
