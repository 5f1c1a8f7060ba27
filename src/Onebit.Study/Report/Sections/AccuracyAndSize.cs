namespace Onebit.Study;

/// <summary>The charts of accuracy against size and against time.</summary>
internal static class AccuracyAndSize
{
    internal static string Write(ReportData data) =>
        data.Results.Runs.Count == 0
            ? ""
            : $"""
                <section id="chart">
                <h2>Accuracy against size and time</h2>
                <figure class="chart wide"><div class="scroll">{AccuracyCharts.AccuracyAgainstBytesInline(data.Results)}</div>
                <figcaption>Up and to the left is better. Both scales are logarithmic.
                Each step up divides the error by the same factor.{Hollow(data)}{Seeds(data)}{data.NamedAlone}</figcaption></figure>
                <figure class="chart wide"><div class="scroll">{AccuracyCharts.AccuracyAgainstTimeInline(data.Results)}</div>
                <figcaption>The time of one image on one thread, from pixels to class. Packed models run on Onebit, networks in full
                precision on ONNX Runtime, and all others on libtorch.</figcaption></figure>
                </section>
                """;

    private static string Hollow(ReportData data) =>
        data.Results.Runs.Any(r => !r.Packed && r.WeightBits < 32)
            ? " Hollow markers: the network is not packed. Its size is a count, not the length of a file."
            : "";

    private static string Seeds(ReportData data) =>
        data.Results.Runs.Any(r => r.Seeds.Count > 1) ? " Vertical lines reach from the worst seed to the best." : "";
}
