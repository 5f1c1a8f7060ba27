using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// A binarizer of activations to one or several planes of signs, which <see cref="Planes"/> describes to the packer. Normalized values
/// count in ones here, batch x channels or batch x channels x rows x columns.
/// </summary>
public abstract class ActivationBinarizer : Binarizer
{
    /// <summary>The levels as they are now.</summary>
    public virtual ActivationPlanes Planes => ActivationPlanes.Sign;

    /// <summary>The levels of x times a factor.</summary>
    internal virtual Tensor OfProduct(Tensor x, double factor, double progress) => Forward(x * factor, progress);
}
