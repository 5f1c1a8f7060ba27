namespace Onebit.Study;

/// <summary>Packed models that classify.</summary>
public static class Classifier
{
    /// <summary>Reads a <c>.onebit</c> file that holds a classifier.</summary>
    /// <exception cref="InvalidDataException">The file is not a valid model, or a diffusion model; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static BitModel Load(string path)
    {
        BitModel model = BitModel.Load(path);
        return model.Input.Diffusion is null
            ? model
            : throw new InvalidDataException($"{path}: the model draws images and classifies none; use 'onebit generate'.");
    }
}
