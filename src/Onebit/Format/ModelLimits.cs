namespace Onebit;

/// <summary>
/// What a model may demand at most, so that no file, however hostile, exhausts memory or hangs.
/// Far above what the format is made for: VGG-16 on 224 x 224 pixels still fits.
/// </summary>
public static class ModelLimits
{
    /// <summary>Operations of a model.</summary>
    public const int MaxOperations = 1024;

    /// <summary>Elements of one value; also rows and columns of a padded input.</summary>
    public const int MaxValueElements = 1 << 22;

    /// <summary>Elements of all values together, scores included.</summary>
    public const int MaxTotalElements = 1 << 25;

    /// <summary>Bytes of all weights together.</summary>
    public const int MaxWeightBytes = 1 << 27;

    /// <summary>Entries of all thresholds, polarities, multipliers, offsets, breaks and tables together.</summary>
    public const int MaxArrayEntries = 1 << 20;

    /// <summary>
    /// Steps of one prediction. A step is one 64-bit word of one row of weights multiplied with one bit plane, one element
    /// gathered into one bit plane, one element of a pooling window, one element compared with one of several thresholds, one
    /// element of one of several terms of a sum, or one element of any other output. An element of a softmax has three. A score of
    /// attention has one for each channel of a head, and an element of attention's result one for each key. All elements of a value that a
    /// slice or an index is taken of count.
    /// </summary>
    public const long MaxSteps = 1L << 30;

    /// <summary>Bytes of a file that <c>BitModel.Load</c> is willing to read; no valid model needs as many.</summary>
    public const int MaxFileBytes = 1 << 28;
}
