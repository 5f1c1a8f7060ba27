namespace Onebit;

/// <summary>
/// What a model reads: an image of bytes, channel by channel, row by row.
/// </summary>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Bits">
/// 8: the pixels as they are, codes 0..255. 1: code 1 where the pixel is at least <paramref name="PixelThreshold"/>, else 0.
/// </param>
/// <param name="PixelThreshold">1 to 255 with one bit; 0 with eight.</param>
public sealed record ModelInput(int Channels, int Height, int Width, int Bits, byte PixelThreshold);
