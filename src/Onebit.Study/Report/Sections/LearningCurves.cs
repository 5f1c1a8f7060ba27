using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Loss and accuracy by epoch, a pair of charts per network.</summary>
internal static class LearningCurves
{
    internal static string Write(ReportData data) =>
        $"""
            <section id="curves">
            <h2>Learning curves</h2>
            <p>Curves are of the first seed. Solid lines are validation images, before folding.
            Dotted lines are training batches, with their augmentation and dropout.
            The loss and the error are on logarithmic scales.{data.NamedAlone}</p>
            {string.Concat(data.Networks.Select(Network))}</section>
            """;

    private static string Network(NetworkRuns network) =>
        $"""
            <h3>{Escape(network.Name)}</h3>
            {CurveCharts.Key(network)}
            <div class="pair"><figure class="chart">{CurveCharts.Loss(network)}</figure>
            <figure class="chart">{CurveCharts.ValidationAccuracy(network)}</figure></div>

            """;
}
