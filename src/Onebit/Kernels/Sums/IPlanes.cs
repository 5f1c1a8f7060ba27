namespace Onebit;

/// <summary>The planes of a sum, one after another: where they come from is no concern of the adders.</summary>
/// <typeparam name="TVector">The lanes.</typeparam>
internal interface IPlanes<TVector>
    where TVector : struct
{
    TVector At(nint index);
}
