namespace Onebit;

/// <summary>The planes of a sum, one after another. They may be stored, or made when they are read.</summary>
/// <typeparam name="TVector">The vector of lanes.</typeparam>
internal interface IPlanes<TVector>
    where TVector : struct
{
    TVector At(nint index);
}
