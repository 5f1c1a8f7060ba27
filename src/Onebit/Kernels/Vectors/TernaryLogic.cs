namespace Onebit;

/// <summary>
/// Truth tables for the three-input logic of AVX-512: bit <c>4a + 2b + c</c> is the result. With a = 0xF0, b = 0xCC and c = 0xAA,
/// the table of a function is the function itself applied to a, b and c.
/// </summary>
internal static class TernaryLogic
{
    private const byte A = 0xF0,
        B = 0xCC,
        C = 0xAA;

    /// <summary>The low bit of a + b + c.</summary>
    public const byte Xor = A ^ B ^ C;

    /// <summary>The high bit of a + b + c.</summary>
    public const byte Majority = (A & B) | (A & C) | (B & C);
}
