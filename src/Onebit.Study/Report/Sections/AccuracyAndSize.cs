namespace Onebit.Study;

/// <summary>The chart of accuracy against size.</summary>
internal static class AccuracyAndSize
{
    internal static string Write(ReportData data) =>
        data.Results.Runs.Count == 0
            ? ""
            : $"""
                <section id="chart">
                <h2>Accuracy against size</h2>
                <figure class="chart wide"><div class="scroll">{AccuracyCharts.AccuracyAgainstBytesInline(data.Results)}</div>
                <figcaption>Up and to the left is better. Both scales are logarithmic: a step up divides the error by the same factor everywhere.{Hollow(
                    data
                )}{Seeds(data)}{data.NamedAlone}</figcaption></figure>
                </section>
                """;

    private static string Hollow(ReportData data) =>
        data.Results.Runs.Any(r => !r.Packed && r.WeightBits < 32) ? " Hollow markers: not packed, the size is a count and no file." : "";

    private static string Seeds(ReportData data) =>
        data.Results.Runs.Any(r => r.Seeds.Count > 1) ? " Vertical lines reach from the worst seed to the best." : "";
}
