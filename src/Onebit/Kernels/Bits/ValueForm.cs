namespace Onebit;

/// <summary>How the kernels of one image store a value.</summary>
internal enum ValueForm
{
    /// <summary>Signs and codes of one bit: a <see cref="BitString"/> in the order of the elements. Its unused bits are 0.</summary>
    Bits,

    /// <summary>Codes of 2 to 8 bits: one byte per element.</summary>
    Bytes,

    /// <summary>Everything else: 32 bits per element.</summary>
    Integers,
}
