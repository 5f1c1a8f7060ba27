namespace Onebit;

/// <summary>The element-wise sum of two values of equal shape: the joint of a residual path. Gives integers.</summary>
/// <param name="Input">The first value.</param>
/// <param name="Other">The second value.</param>
public sealed record Add(int Input, int Other) : Operation(Input)
{
    /// <inheritdoc/>
    internal override int InputCount => 2;

    /// <inheritdoc/>
    internal override int InputAt(int index) => index == 0 ? Input : Other;
}
