using Onebit.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Classifies whole sets of images, batch by batch, without gradients.</summary>
public static class Evaluator
{
    private const int BatchSize = 100; // Blocks of larger batches are mapped anew each time, which costs more than the work.

    /// <summary>Images as a tensor of bytes, count x channels x height x width.</summary>
    public static Tensor Pixels(ImageSet images) =>
        tensor(images.Pixels.ToArray(), [images.Count, images.Channels, images.Height, images.Width], ScalarType.Byte);

    /// <summary>A network with float batch normalization, as training sees it.</summary>
    public static Evaluation Evaluate(Network network, ImageSet images)
    {
        bool training = network.training;
        network.eval();
        try
        {
            return Evaluate(images, pixels => network.forward(network.Prepare(pixels)));
        }
        finally
        {
            network.train(training);
        }
    }

    /// <summary>A packed model, by its operations on torch.</summary>
    public static Evaluation Evaluate(BitModel model, ImageSet images)
    {
        using var folded = new TorchBitModel(model);
        double logit = Math.ScaleB(1, -((Scores)model.Operations[^1]).Shift);
        // The class is the largest integer's, the lowest index first; the logits are for the loss alone.
        return Evaluate(images, pixels => folded.Scores(pixels), scores => scores.to(ScalarType.Float64) * logit);
    }

    private static Evaluation Evaluate(ImageSet images, Func<Tensor, Tensor> scores, Func<Tensor, Tensor>? logits = null)
    {
        using var _ = no_grad();
        using var outer = NewDisposeScope();
        Tensor pixels = Pixels(images);
        byte[] predictions = new byte[images.Count];
        double loss = 0;
        ReadOnlySpan<byte> labels = images.Labels.Span;
        for (int start = 0; start < images.Count; start += BatchSize)
        {
            using var scope = NewDisposeScope();
            int count = Math.Min(BatchSize, images.Count - start);
            Tensor batch = scores(pixels.narrow(0, start, count));
            Tensor target = tensor(labels.Slice(start, count).ToArray(), ScalarType.Byte).to(ScalarType.Int64);
            Tensor likelihoods = (logits?.Invoke(batch) ?? batch).log_softmax(1);
            loss -= likelihoods.gather(1, target.unsqueeze(1)).sum().ToDouble();
            long classes = batch.shape[1];
            long[] integers = batch.dtype == ScalarType.Int64 ? batch.data<long>().ToArray() : [];
            float[] floats = batch.dtype == ScalarType.Int64 ? [] : batch.contiguous().data<float>().ToArray();
            for (int i = 0; i < count; i++)
            {
                int best = 0;
                for (int c = 1; c < classes; c++)
                {
                    long at = i * classes + c,
                        top = i * classes + best;
                    if (integers.Length > 0 ? integers[at] > integers[top] : floats[at] > floats[top])
                    {
                        best = c;
                    }
                }
                predictions[start + i] = (byte)best;
            }
        }
        return new Evaluation(Evaluation.AccuracyOf(labels, predictions), loss / images.Count, predictions);
    }
}
