using System.Text;
using System.Text.RegularExpressions;
using Onebit.Datasets;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Writes a study's results as one page that needs no network.</summary>
public static partial class ReportWriter
{
    /// <summary>The HTML of <c>report.html</c>; well-formed XML too.</summary>
    /// <param name="results">What the study found.</param>
    /// <param name="predictions">Predicted class of each test image, first seed, by experiment name.</param>
    /// <param name="test">The test images.</param>
    /// <exception cref="ArgumentException">There is not one prediction for every test image.</exception>
    public static string Write(StudyResults results, IReadOnlyDictionary<string, byte[]> predictions, ImageSet test)
    {
        var data = new ReportData(results, NetworkRuns.Of(results), predictions, test);
        string body = string.Join('\n', [
            Summary.Write(data), AccuracyAndSize.Write(data), Comparison.Write(data), LearningCurves.Write(data), Confusions.Write(data),
            Disagreements.Write(data), StochasticForms.Write(data), FoldingCost.Write(data), HowMeasured.Write(data)]);
        string contents = string.Concat(Heading().Matches(body).Skip(1).Select(m => $"<a href=\"#{m.Groups[1].Value}\">{m.Groups[2].Value}</a> "));
        string title = $"One bit or thirty-two: {Escape(results.Dataset.Name)}";
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <title>{title}</title>
            <style>
            {Svg.FontFace}
            {Encoding.UTF8.GetString(Svg.Resource("report.css"))}@media (prefers-color-scheme:dark){'{'}{Palette.DarkRules(".chart")}{Palette.DarkRules(".key")}{'}'}
            </style>
            </head>
            <body>
            <main>
            <header>
            <h1>{title}</h1>
            <p>Networks trained in full precision and again with weights (and activations) of one bit, side by side:
            the preset <code>{Escape(results.Preset)}</code> of the Onebit study, {Several(results.Runs.Count, "run")} of {Several(data.Networks.Count, "network")}.</p>
            <nav>{contents}</nav>
            </header>
            {body}
            </main>
            </body>
            </html>

            """;
    }

    [GeneratedRegex("<section id=\"(.+?)\">\\s*<h2>(.+?)</h2>")]
    private static partial Regex Heading();
}
