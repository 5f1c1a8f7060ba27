namespace Onebit.Study;

/// <summary>A packed model on the Onebit runtime.</summary>
internal sealed class PackedBackend(BitModel model) : IBackend
{
    public void Predict(ReadOnlySpan<byte> images, Span<int> classes)
    {
        if (classes.Length == 1)
        {
            classes[0] = model.Predict(images);
        }
        else
        {
            model.PredictBatch(images, classes);
        }
    }

    public void Dispose() { }
}
