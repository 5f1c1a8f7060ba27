using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>Builds an experiment's network.</summary>
public static class NetworkFactory
{
    /// <summary>The experiment's network for these images, with random weights.</summary>
    /// <exception cref="ExperimentException">
    /// The layers do not fit together, or the experiment regularizes binarized weights and there are none.
    /// </exception>
    public static Network Create(Experiment experiment, Dataset data)
    {
        ImageSet images = DataSplit.Of(experiment, data).Train;
        var network = new Network(
            experiment.Network,
            experiment.Method,
            images.Shape,
            experiment.Generation is { HasClasses: false } ? 1 : data.ClassCount,
            experiment.PixelEncoding,
            experiment.ActivationBits,
            experiment.WeightBits,
            experiment.ZeroInit,
            experiment.PixelEncoding == PixelEncoding.Normalized ? Statistics(images.Pixels.Span) : null,
            experiment.PixelThreshold,
            experiment.Generation
        );
        if (experiment.WeightRegularization is null || network.BinaryParameterCount > 0)
        {
            return network;
        }

        network.Dispose();
        throw new ExperimentException("A weightRegularization is of binarized weights, and no layer has any; leave it out.");
    }

    private static (double Mean, double Deviation) Statistics(ReadOnlySpan<byte> pixels)
    {
        double sum = 0,
            squares = 0;
        foreach (byte p in pixels)
        {
            sum += p;
            squares += p * p;
        }
        double mean = sum / pixels.Length;
        double deviation = Math.Sqrt(squares / pixels.Length - mean * mean);
        return (mean, deviation > 0 ? deviation : 1);
    }
}
