using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Measures the statistics of batch normalization anew, for weights that changed after training.</summary>
internal static class BatchNormRecalibration
{
    private const int Images = 10_000,
        BatchSize = 200;

    /// <summary>Takes the plain mean over batches of the first training images. Leaves the network in evaluation mode.</summary>
    internal static void Run(Network network, ITask task, ImageSet train)
    {
        using var _ = no_grad();
        network.eval(); // Dropout would distort what is measured.
        foreach (BatchNormModule norm in network.BatchNormModules)
        {
            norm.train();
        }

        int count = Math.Min(Images, train.Count),
            size = Math.Min(BatchSize, count);
        for (int start = 0, batch = 1; start + size <= count; start += size, batch++)
        {
            using var scope = NewDisposeScope();
            foreach (BatchNormModule norm in network.BatchNormModules)
            {
                norm.Momentum = 1.0 / batch;
            }

            task.Forward(network, Evaluator.Pixels(train.Slice(start, size)), arange(start, start + size));
        }
        foreach (BatchNormModule norm in network.BatchNormModules)
        {
            norm.Momentum = BatchNormModule.DefaultMomentum;
        }

        network.eval();
    }
}
