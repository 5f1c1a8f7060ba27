namespace Onebit.Training;

/// <summary>
/// As <see cref="BiReal"/>, and the activation's sign is taken at a learned shift, one a channel (RSign):
/// <c>+1 if x >= shift else -1</c>, <c>dL/dshift = -sum dL/dx</c>. Without RPReLU, which needs an operation of two slopes.
/// </summary>
public sealed class ReActNet : Method
{
    /// <inheritdoc/>
    public override string Name => "reactnet";

    /// <inheritdoc/>
    public override string Source => "Liu, Shen, Savvides & Cheng 2020, RSign without RPReLU";

    /// <inheritdoc/>
    public override WeightBinarizer? Weights { get; } = new ScaledSignWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 1;

    /// <inheritdoc/>
    public override ActivationBinarizer Signs { get; } = new ApproxSign();

    /// <inheritdoc/>
    public override bool LearnsShifts => true;
}
