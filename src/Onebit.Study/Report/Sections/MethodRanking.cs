using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Which method wins where: networks that were trained in many ways, and networks of equal bytes.</summary>
internal static class MethodRanking
{
    internal static string Write(ReportData data)
    {
        Ranking[] networks = [.. Ranking.Networks(data.Results, Ranking.MinRuns)],
            equal = [.. Ranking.EqualBytes(data.Results)];
        if (networks.Length + equal.Length == 0)
        {
            return "";
        }
        // One picture shows all sizes, what one size alone cannot.
        Ranking? sizes = equal.Length == 0 ? null : equal[0] with { Title = "equal bytes", Runs = [.. equal.SelectMany(e => e.Runs)] };
        return $"""
            <section id="methods">
            <h2>Methods</h2>
            <p>Packed runs, the best on the validation images first; each is compared with that first one on the test images, in points and in standard deviations of the
            difference of the two means over seeds (Welch’s test). A star: two methods of the same worth would differ as much less than once in twenty times.
            Bits are those of input / weights / activations, each a plane; the lists name the best run of each combination.</p>
            <p class="hint">{FewSeeds(
                networks.Concat(equal)
            )} Of twenty rows with no difference at all one would have its star too, and the first of many is the first by luck too. Seeds tell how much another training would differ, not how much other test images would.</p>
            {string.Concat(networks.Select(n => Table(n) + Pictures(data, n)))}{string.Concat(equal.Select(Table))}{(
                sizes is null ? "" : Pictures(data, sizes)
            )}{ByBits(data)}</section>
            """;
    }

    /// <summary>The same tables in markdown; where no network has enough runs for one, of all networks.</summary>
    internal static string Markdown(StudyResults results)
    {
        Ranking[] rankings = [.. Ranking.Networks(results, Ranking.MinRuns), .. Ranking.EqualBytes(results)];
        return string.Join(
            '\n',
            (rankings.Length > 0 ? rankings : Ranking.Networks(results, 1)).Select(r =>
                $"### {r.Title}\n\n{r.Verdict}\n\n{string.Concat(r.Winners.Select(b => $"- {b}\n"))}\n"
                + MarkdownTable([.. Ranking.Columns.Select(c => $"{c.What} {c.Unit}".TrimEnd())], i => i < 2, r.Rows)
            )
        );
    }

    private static string FewSeeds(IEnumerable<Ranking> rankings)
    {
        int fewest = rankings.SelectMany(r => r.Runs).Min(r => r.Seeds.Count);
        return fewest == 1 ? "A run of one seed has no deviation, so nothing can be said of its difference."
            : fewest < 6
                ? $"With {fewest} seeds a deviation is itself a rough guess, so a star takes more than the usual two: {Number(Welch.Critical(2 * fewest - 2), "F1")} where two methods deviate alike, {Number(Welch.Critical(fewest - 1), "F1")} where one does not at all."
            : "";
    }

    private static string Table(Ranking ranking) =>
        $"""
            <h3>{Escape(ranking.Title)}</h3>
            <p>{Escape(ranking.Verdict)}</p>
            <ul>{string.Concat(ranking.Winners.Select(b => $"<li>{Escape(b)}</li>"))}</ul>
            <div class="scroll"><table class="methods">
            {HtmlTable(Ranking.Columns.Select(c => $"{c.What}<small>{c.Unit}</small>"), c => c == 1, ranking.Rows)}</table></div>

            """;

    private static string ByBits(ReportData data) =>
        Ranking.ByBits(data.Results) is not { Count: > 0 } runs
            ? ""
            : $"""
                <figure class="chart wide"><div class="scroll">{AccuracyCharts.ByBitsInline(data.Results, runs)}</div>
                <figcaption>Planes of weights / activations, and the time of one image. Slanting lines join the runs of a method, upright ones reach from the worst seed to the best.</figcaption></figure>

                """;

    private static string Pictures(ReportData data, Ranking ranking) =>
        $"""
            <figure class="chart wide"><div class="scroll">{AccuracyCharts.MethodsAgainstBytes(data.Results, ranking)}</div></figure>
            <figure class="chart wide"><div class="scroll">{AccuracyCharts.MethodsAgainstTime(data.Results, ranking)}</div>
            <figcaption>Colours: bits of input / weights / activations. Lines reach from the worst seed to the best. Time: one image at a time, one thread.</figcaption></figure>

            """;
}
