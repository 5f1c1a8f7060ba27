using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Which method wins where: networks that were trained in many ways, and networks of equal bytes.</summary>
internal static class MethodRanking
{
    internal static string Write(ReportData data)
    {
        Ranking[] networks = [.. Ranking.Networks(data.Results).Where(r => r.HasComparison)],
            equal = [.. Ranking.EqualBytes(data.Results)];
        if (networks.Length + equal.Length == 0)
        {
            return "";
        }
        // One chart of all sizes.
        Ranking? sizes = equal.Length == 0 ? null : equal[0] with { Title = "equal bytes", Runs = [.. equal.SelectMany(e => e.Runs)] };
        return $"""
            <section id="methods">
            <h2>Methods</h2>
            <p>Packed runs, the best on the validation images first. Each is compared with that first run on the test images.
            The difference is given in points, and in standard deviations of the difference of the means over seeds.
            A star marks a significant difference at the level of 5 %, by Welch’s test. Bits are those of input / weights / activations.
            The lists name the best run of each combination of bits.</p>
            <p class="hint">{FewSeeds(networks.Concat(equal))} Without any real difference, one row in twenty has a star.
            The first of many runs is first partly by luck.
            Seeds show how much another training would differ. They do not show how much other test images would.</p>
            {string.Concat(networks.Select(n => Network(data, n)))}{string.Concat(equal.Select(Table))}{(
                sizes is null ? "" : Pictures(data, sizes)
            )}{ByBits(data)}</section>
            """;
    }

    /// <summary>The same tables in markdown; where no network has enough runs for one, of all networks.</summary>
    internal static string Markdown(StudyResults results)
    {
        Ranking[] rankings = [.. Ranking.Networks(results).Where(r => r.HasComparison), .. Ranking.EqualBytes(results)];
        return string.Join(
            '\n',
            (rankings.Length > 0 ? rankings : Ranking.Networks(results)).Select(r =>
                $"### {r.Title}\n\n{r.Verdict}\n\n{string.Concat(r.Winners.Select(b => $"- {b}\n"))}\n"
                + MarkdownTable([.. Ranking.Columns.Select(c => $"{c.What} {c.Unit}".TrimEnd())], i => i < 2, r.Rows)
                + "\nA star marks a significant difference to the first row, at the level of 5 %, by Welch's test over seeds.\n"
            )
        );
    }

    private static string FewSeeds(IEnumerable<Ranking> rankings)
    {
        int min = rankings.SelectMany(r => r.Runs).Min(r => r.Seeds.Count);
        if (min == 1)
        {
            return "A run of one seed has no deviation, so nothing can be said of its difference.";
        }

        return min >= 6
            ? ""
            : $"With {min} seeds a deviation is a rough guess. So a star takes more deviations than the usual two:"
                + $" {Number(Welch.Critical(2 * min - 2), "F1")} if two methods deviate alike,"
                + $" {Number(Welch.Critical(min - 1), "F1")} if one of them does not deviate.";
    }

    private static string Network(ReportData data, Ranking ranking) =>
        Table(ranking) + (ranking.Runs.Count < Ranking.MinRuns ? "" : Pictures(data, ranking));

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
                <figcaption>Labels: bits of weights / activations, and the time of one image. Slanted lines join the runs of a method.
                Vertical lines reach from the worst seed to the best.</figcaption></figure>

                """;

    private static string Pictures(ReportData data, Ranking ranking) =>
        $"""
            <figure class="chart wide"><div class="scroll">{AccuracyCharts.MethodsAgainstBytes(data.Results, ranking)}</div></figure>
            <figure class="chart wide"><div class="scroll">{AccuracyCharts.MethodsAgainstTime(data.Results, ranking)}</div>
            <figcaption>Colours: bits of input / weights / activations. Lines reach from the worst seed to the best.
            Time: one image at a time, one thread.</figcaption></figure>

            """;
}
