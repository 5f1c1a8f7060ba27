using ScottPlot;

namespace Onebit.Study;

/// <summary>Colours of the charts. Told apart by the colour-blind; each has a twin for dark pages.</summary>
internal static class Palette
{
    internal const string Ink = "#24292F",
        Muted = "#57606A",
        Grid = "#E4E7EB";

    // After Okabe and Ito, the light ones darkened to stand out from white.
    private static readonly (string Light, string Dark)[] s_series =
    [
        ("#0072B2", "#5CB8F0"),
        ("#D55E00", "#FF8F45"),
        ("#009E73", "#35CFA3"),
        ("#B0508A", "#E79CC8"),
        ("#8F7300", "#E2C54A"),
        ("#4B3FA7", "#A99FF0"),
        ("#7A4A1E", "#CFA077"),
        ("#5E8C00", "#A9D64F"),
        ("#C2185B", "#FF7FA8"),
        ("#5F7480", "#B3C3CC"),
    ];

    private static readonly MarkerShape[] s_filled =
    [
        MarkerShape.FilledCircle,
        MarkerShape.FilledSquare,
        MarkerShape.FilledTriangleUp,
        MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown,
    ];

    private static readonly MarkerShape[] s_open =
    [
        MarkerShape.OpenCircle,
        MarkerShape.OpenSquare,
        MarkerShape.OpenTriangleUp,
        MarkerShape.OpenDiamond,
        MarkerShape.OpenTriangleDown,
    ];

    internal static string Series(int index) => s_series[index % s_series.Length].Light;

    // The same five in a box of 32 x 12.
    private static readonly string[] s_paths =
    [
        "M20 6A4 4 0 1 1 12 6A4 4 0 1 1 20 6Z",
        "M12.5 2.5H19.5V9.5H12.5Z",
        "M16 1.5L20.5 9.5H11.5Z",
        "M16 1L21 6L16 11L11 6Z",
        "M16 10.5L20.5 2.5H11.5Z",
    ];

    internal static string MarkerPath(int index) => s_paths[Shape(index)];

    internal static MarkerShape Marker(int index, bool filled) => (filled ? s_filled : s_open)[Shape(index)];

    // The second ten are shifted by one, so that no two of fifty share colour and shape.
    private static int Shape(int index) => (index + index / s_series.Length) % s_filled.Length;

    /// <summary>CSS that gives charts inside <paramref name="scope"/> their dark twins: a rule outranks an SVG attribute.</summary>
    internal static string DarkRules(string scope) =>
        string.Concat(
            s_series
                .Concat([(Ink, "#E6EDF3"), (Muted, "#A3ADB8"), (Grid, "#343B44")])
                .Select(c => $"{scope} [fill=\"{c.Item1}\"]{{fill:{c.Item2}}}{scope} [stroke=\"{c.Item1}\"]{{stroke:{c.Item2}}}")
        );
}
