using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Where one bit and full precision disagree: counts, McNemar's test and the images themselves.</summary>
internal static class Disagreements
{
    private const int Shown = 40;

    internal static string Write(ReportData data)
    {
        string networks = string.Concat(data.Networks.Select(n => Network(data, n)));
        return networks.Length == 0
            ? ""
            : $"""
                <section id="disagreements">
                <h2>Where one bit and full precision disagree</h2>
                <p>Counts are of test images, first seed. Some images only one of the two networks gets right.
                If one bit made no difference, each network would get about half of them.
                McNemar’s exact test gives the probability p of a split at least this uneven by chance.
                Below 0.05 the difference is called significant.</p>
                {networks}</section>
                """;
    }

    private static string Network(ReportData data, NetworkRuns network)
    {
        (StudyRun Run, McNemar Test)[] compared =
        [
            .. network.Binarized.Select(r => (r, data.Compare(network.FullPrecision, r)!)).Where(c => c.Item2 is not null),
        ];
        if (compared.Length == 0)
        {
            return "";
        }

        string rows = string.Concat(
            compared.Select(c =>
                $"""
                    <tr><th scope="row">{Escape(network.Label(c.Run))}</th><td>{Count(c.Test.FirstOnly)}</td><td>{Count(
                        c.Test.SecondOnly
                    )}</td><td>{P(c.Test.P)}</td><td class="text">{Sentence(c.Run, c.Test)}</td></tr>

                    """
            )
        );
        return $"""
            <h3>{Escape(network.Name)}</h3>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Method</th><th scope="col">Only full precision<small>is right</small></th><th scope="col">Only {(
                compared.All(c => c.Run.WeightBits == 1) ? "one bit" : "few bits"
            )}<small>is right</small></th><th scope="col">McNemar</th><th scope="col" class="text">The difference</th></tr></thead>
            <tbody>{rows}</tbody></table></div>
            {Images(data, network, compared.Select(c => c.Run).Contains(network.Best) ? network.Best! : compared[0].Run)}
            """;
    }

    private static string Sentence(StudyRun run, McNemar test) =>
        test.MoreThanChance
            ? $"is significant, in favour of {(test.FirstOnly > test.SecondOnly ? "full precision" : FewBits(run))}."
            : "is not significant.";

    private static string Images(ReportData data, NetworkRuns network, StudyRun run)
    {
        byte[] full = data.Predictions[network.FullPrecision!.Experiment],
            own = data.Predictions[run.Experiment];
        byte[] labels = data.Test.Labels.ToArray();
        IReadOnlyList<string> names = data.Results.Dataset.ClassNames;
        var lost = new List<int>();
        for (int i = 0; i < labels.Length; i++)
        {
            if (full[i] == labels[i] && own[i] != labels[i])
            {
                lost.Add(i);
            }
        }
        string label = Escape(network.Label(run));
        if (lost.Count == 0)
        {
            return $"<p>{label} gets no image wrong that full precision gets right.</p>\n";
        }

        int[] shown = [.. lost.Take(Shown)];
        return $"""
            <p>Images that {label} gets wrong and full precision right: {(
                shown.Length == lost.Count ? $"all {Count(lost.Count)}" : $"the first {shown.Length} of {Count(lost.Count)}"
            )}. Below each: true class → class predicted by {label}.</p>
            {Tiles.Write(data.Test, shown, "test image", i => $"{Escape(names[labels[shown[i]]])} → {Escape(names[own[shown[i]]])}")}
            """;
    }
}
