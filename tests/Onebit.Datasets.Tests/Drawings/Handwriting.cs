using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>
/// Digits as a hand draws them, several styles each: paths in a box of 100 x 100, written down before any network saw them.
/// A seed gives slant, width and tremble.
/// </summary>
internal static class Handwriting
{
    private static readonly string[][] s_styles =
    [
        [
            "M50 5 C20 5 18 95 50 95 C82 95 80 5 50 5",
            "M48 8 C15 10 10 90 50 92 C90 92 88 12 52 6",
            "M60 6 C35 10 20 95 42 95 C68 95 85 15 58 5",
        ],
        ["M50 5 L50 95", "M32 25 L52 5 L52 95", "M35 22 L52 6 L52 94 M30 94 L74 94"],
        [
            "M22 25 C25 0 80 0 76 32 C74 55 40 75 20 94 L80 94",
            "M24 22 C35 2 78 4 72 34 C66 60 40 82 24 88 C30 70 50 80 58 90 C66 96 76 94 84 86",
            "M25 15 L70 12 C80 35 40 70 22 92 L82 90",
        ],
        [
            "M24 14 C50 -4 82 12 70 34 C64 46 50 48 42 48 C60 48 82 56 76 76 C70 98 36 98 22 84",
            "M24 8 L74 8 L46 42 C76 40 84 66 72 82 C60 98 34 98 22 86",
        ],
        [
            "M30 6 L22 56 L80 56 M62 8 L60 95",
            "M64 95 L64 5 L18 64 L84 64",
            "M28 8 C24 30 20 56 30 58 C45 60 60 56 72 50 M70 10 C68 40 64 70 62 95",
        ],
        [
            "M74 8 L34 8 L30 46 C50 34 80 44 76 70 C72 98 36 98 22 84",
            "M34 8 L30 44 C60 34 82 52 74 76 C66 96 38 98 24 86 M34 8 L78 6",
            "M72 10 C50 4 34 8 34 24 C34 46 76 44 74 70 C72 96 40 98 24 86",
        ],
        [
            "M66 6 C40 20 22 50 24 72 C26 98 74 100 76 72 C76 48 36 46 26 70",
            "M60 4 C40 30 26 56 26 74 C28 100 76 96 72 70 C68 52 40 52 28 72",
        ],
        ["M20 10 L78 10 L42 95", "M20 10 L78 10 L42 95 M34 52 L70 52", "M22 22 L24 8 L78 8 C64 36 50 66 46 95"],
        [
            "M50 48 C20 40 22 6 50 6 C80 6 78 40 50 48 C14 58 16 95 50 95 C84 95 86 58 50 48",
            "M72 14 C50 -2 24 10 30 30 C36 48 74 52 74 74 C74 98 28 100 26 76 C24 54 70 44 72 22",
        ],
        [
            "M74 30 C72 2 24 0 24 30 C24 58 70 56 74 30 C76 60 74 80 66 95",
            "M72 28 C66 4 24 4 26 32 C28 56 68 54 74 28 C78 60 74 98 30 90",
            "M72 30 C68 4 26 4 26 30 C26 54 66 52 72 30 L70 95",
        ],
    ];

    /// <summary>A digit within about 100 x 100, each of its strokes one line of short pieces.</summary>
    internal static SKPath Draw(int digit, Random random)
    {
        string[] styles = s_styles[digit];
        using SKPath style = SKPath.ParseSvgPathData(styles[random.Next(styles.Length)]);
        double slant = random.NextDouble() * 0.35 - 0.1,
            narrow = 0.8 + 0.35 * random.NextDouble();
        double[] phases = [.. Enumerable.Range(0, 4).Select(_ => 2 * Math.PI * random.NextDouble())];
        double tremble = 2.2 * random.NextDouble();
        using var measure = new SKPathMeasure(style);
        var path = new SKPath();
        do
        {
            for (float at = 0; ; at += 3)
            {
                bool end = at >= measure.Length;
                measure.GetPosition(end ? measure.Length : at, out SKPoint p);
                double x = p.X + tremble * (Math.Sin(at / 11 + phases[0]) + 0.5 * Math.Sin(at / 5 + phases[1]));
                double y = p.Y + tremble * (Math.Sin(at / 13 + phases[2]) + 0.5 * Math.Sin(at / 4.5 + phases[3]));
                x = 50 + narrow * (x - 50) + slant * (50 - y);
                if (at == 0)
                {
                    path.MoveTo((float)x, (float)y);
                }
                else
                {
                    path.LineTo((float)x, (float)y);
                }

                if (end)
                {
                    break;
                }
            }
        } while (measure.NextContour());
        return path;
    }
}
