using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Loss and accuracy by epoch, a pair of charts a network.</summary>
internal static class LearningCurves
{
    internal static string Write(ReportData data) =>
        $"""
        <section id="curves">
        <h2>Learning curves</h2>
        <p>First seed. Solid lines: validation images, before folding. Dotted: training batches, with their augmentation and dropout. Loss is on a logarithmic scale, accuracy on one of the error.{data.NamedAlone}</p>
        {string.Concat(data.Networks.Select(n => $"""
        <h3>{Escape(n.Name)}</h3>
        {CurveCharts.Key(n)}
        <div class="pair"><figure class="chart">{CurveCharts.Loss(n)}</figure><figure class="chart">{CurveCharts.ValidationAccuracy(n)}</figure></div>

        """))}</section>
        """;
}
