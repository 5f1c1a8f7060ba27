namespace Onebit;

/// <summary>What was done to a picture before it was an image that a model reads.</summary>
public enum ImagePreparation
{
    /// <summary>The model's file does not say.</summary>
    Unknown,

    /// <summary>It was scaled to the model's input, and nothing else.</summary>
    Scaled,

    /// <summary>The digit in it was found, cropped, scaled and centred as MNIST's digits were.</summary>
    Digits,
}
