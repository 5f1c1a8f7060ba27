namespace Onebit.Training;

/// <summary>
/// A binarizer of activations to one bit: +1 where x >= <see cref="Threshold"/>, else <see cref="Low"/>. Normalized values
/// count in ones here, batch x channels or batch x channels x rows x columns.
/// </summary>
public abstract class ActivationBinarizer : Binarizer
{
    /// <summary>The smallest value that gives +1.</summary>
    public virtual double Threshold => 0;

    /// <summary>The lower level, -1 or 0; padding holds it too.</summary>
    public virtual double Low => -1;
}
