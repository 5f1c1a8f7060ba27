using System.Globalization;

namespace Onebit.Datasets;

/// <summary>What images are scaled to.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">1 for grey, 3 for colour; 0: grey unless some image has colour.</param>
public readonly record struct ImageShape(int Height, int Width, int Channels = 0)
{
    /// <summary>As <c>--size</c> takes it: <c>24x32</c>, or <c>24x32x3</c> where the channels are given.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Height}x{Width}") + (Channels > 0 ? $"x{Channels}" : "");
}
