using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Random affine distortion, drawn anew for each image, for a whole batch at once.</summary>
/// <param name="Rotation">Largest rotation in degrees. Each image gets a uniform draw between minus and plus this.</param>
/// <param name="Translation">
/// Largest shift, as a share of the side. Each image gets a uniform draw between minus and plus this, for each direction.
/// </param>
/// <param name="Scale">Largest change of size, as a share. Each image gets a uniform draw between minus and plus this.</param>
/// <param name="Shear">Largest shear in degrees. Each image gets a uniform draw between minus and plus this.</param>
/// <param name="Epochs">Only in the first this many epochs; null: in all.</param>
/// <param name="Mirror">Each image is turned left to right with a chance of one half.</param>
public sealed record AugmentationSpec(
    double Rotation = 0,
    double Translation = 0,
    double Scale = 0,
    double Shear = 0,
    int? Epochs = null,
    bool Mirror = false
)
{
    /// <summary>Distorted copies, bilinear, black outside, rounded to whole pixel values.</summary>
    /// <param name="pixels">Bytes, batch x channels x height x width.</param>
    /// <returns>float32 of the same shape, whole numbers 0 to 255.</returns>
    public Tensor Apply(Tensor pixels)
    {
        using var _ = NewDisposeScope();
        long count = pixels.shape[0];
        Tensor Draw(double amount) => rand(count).mul_(2 * amount).sub_(amount);
        Tensor angle = Draw(Rotation * Math.PI / 180);
        Tensor shear = Draw(Shear * Math.PI / 180).tan();
        Tensor scale = 1 / (1 + Draw(Scale));
        (Tensor cos, Tensor sin) = (angle.cos() * scale, angle.sin() * scale);
        // affine_grid maps output to input positions in [-1, 1], where each side is 2 long, whatever its pixels.
        double aspect = (double)pixels.shape[2] / pixels.shape[3];
        Tensor rows = stack(
            [cos, (cos * shear - sin) * aspect, Draw(2 * Translation), sin / aspect, sin * shear + cos, Draw(2 * Translation)],
            dim: 1
        );
        if (Mirror)
        {
            Tensor side = Binarizer.SignOf(rand(count, 1).sub_(0.5));
            rows = cat([rows.narrow(1, 0, 3) * side, rows.narrow(1, 3, 3)], dim: 1);
        }
        Tensor grid = nn.functional.affine_grid(rows.view(count, 2, 3), pixels.shape, align_corners: false);
        return nn
            .functional.grid_sample(pixels.to(ScalarType.Float32), grid, align_corners: false)
            .round_()
            .clamp_(0, 255)
            .MoveToOuterDisposeScope();
    }
}
