namespace Onebit;

/// <summary>One bit of each code as a sign: +1 where it is set, -1 elsewhere.</summary>
/// <param name="Input">The value read, which holds codes.</param>
/// <param name="Bit">Which bit, 0 for the lowest.</param>
public sealed record BitPlane(int Input, int Bit) : Operation(Input);
