using System.Text;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary>
/// Draws an image in the terminal, two rows of pixels a line: colours of half blocks, or shades where there are no colours.
/// </summary>
internal static class TerminalImage
{
    private const string Shades = " ░▒▓█";

    /// <param name="console">Where to draw.</param>
    /// <param name="pixels">Channels x height x width bytes.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns; of more than the terminal has, some are left out.</param>
    internal static void Write(IAnsiConsole console, ReadOnlySpan<byte> pixels, int channels, int height, int width)
    {
        bool colours = console.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors };
        int step = (width + console.Profile.Width - 1) / console.Profile.Width;
        for (int y = 0; y < height; y += 2 * step)
        {
            var line = new Paragraph();
            var shades = new StringBuilder();
            for (int x = 0; x < width; x += step)
            {
                Color upper = At(pixels, y, x),
                    lower = y + step < height ? At(pixels, y + step, x) : Color.Black;
                if (colours)
                {
                    line.Append("▀", new Style(upper, lower));
                }
                else
                {
                    shades.Append(Shades[(Brightness(upper) + Brightness(lower)) * (Shades.Length - 1) / (2 * 255)]);
                }
            }
            if (!colours)
            {
                line.Append(shades.ToString().TrimEnd());
            }

            console.Write(line);
            console.WriteLine();
        }

        Color At(ReadOnlySpan<byte> image, int y, int x)
        {
            int plane = height * width,
                i = y * width + x;
            return channels == 1 ? new Color(image[i], image[i], image[i]) : new Color(image[i], image[plane + i], image[2 * plane + i]);
        }
    }

    private static int Brightness(Color colour) => (colour.R + colour.G + colour.B) / 3;
}
