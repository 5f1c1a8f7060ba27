namespace Onebit.Training;

/// <summary>Full precision, with which every binarized network is compared.</summary>
public sealed record Float32 : Method
{
    /// <inheritdoc/>
    public override string Name => "float32";

    /// <inheritdoc/>
    public override string Source => "full precision";

    /// <inheritdoc/>
    public override int WeightBits => 32;
}
