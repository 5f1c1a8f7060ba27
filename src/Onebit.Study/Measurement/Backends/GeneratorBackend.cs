namespace Onebit.Study;

/// <summary>One step of a packed diffusion model, on an image of noise. What it draws has no class.</summary>
internal sealed class GeneratorBackend(Generator generator) : IBackend
{
    private readonly byte[] _pixels = new byte[generator.Model.Input.Shape.Count];

    public void Predict(ReadOnlySpan<byte> images, Span<int> classes)
    {
        for (int i = 0; i < classes.Length; i++)
        {
            generator.Generate(0, images[i * _pixels.Length], _pixels, steps: 1);
        }
    }

    public void Dispose() { }
}
