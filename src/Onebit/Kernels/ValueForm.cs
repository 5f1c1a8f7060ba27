namespace Onebit;

/// <summary>How the fast kernel keeps a value between two steps.</summary>
internal enum ValueForm
{
    /// <summary>Signs and codes of one bit: a <see cref="BitString"/> in the order of the elements; unused bits are 0.</summary>
    Bits,

    /// <summary>Codes of 8 bits: a byte an element.</summary>
    Bytes,

    /// <summary>Anything: 32 bits an element.</summary>
    Integers,
}
