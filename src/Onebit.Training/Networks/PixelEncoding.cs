namespace Onebit.Training;

/// <summary>How a network sees the bytes of an image.</summary>
public enum PixelEncoding
{
    /// <summary>As they are, 0 to 255: 8-bit pixels of a binarized network.</summary>
    Bytes,

    /// <summary>1 from <see cref="Network.PixelThreshold"/> on, else 0: 1-bit pixels.</summary>
    Bits,

    /// <summary>+1 from <see cref="Network.PixelThreshold"/> on, else -1.</summary>
    Signs,

    /// <summary>Divided by 255.</summary>
    Unit,

    /// <summary>Divided by 255, minus one half.</summary>
    Centered,

    /// <summary>Minus the mean of the training pixels, divided by their standard deviation.</summary>
    Normalized,
}
