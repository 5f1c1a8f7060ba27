using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>What it costs to fold batch normalization into integers.</summary>
internal static class FoldingCost
{
    internal static string Write(ReportData data)
    {
        (NetworkRuns Network, StudyRun Run)[] packed = [.. data.Networks.SelectMany(n => n.Runs.Where(r => r.Packed).Select(r => (n, r)))];
        (NetworkRuns Network, StudyRun Run)[] differ =
        [
            .. packed.Where(p => !p.Run.TestAccuracy.Values.SequenceEqual(p.Run.UnfoldedTestAccuracy.Values)),
        ];
        return packed.Length == 0
            ? ""
            : $"""
                <section id="folding">
                <h2>What folding cost</h2>
                <p>Packing folds batch normalization into integer thresholds and scales.
                All test accuracies in this report are of the folded networks in the files. Here they are before and after folding.</p>
                {(differ.Length == 0 ? Nowhere(packed.Length) : Table(packed.Length, differ))}
                </section>
                """;
    }

    private static string Nowhere(int packed) =>
        packed == 1
            ? "<p>Nothing: the packed network gets exactly as many test images right as before folding.</p>"
            : $"<p>Nothing: each of the {packed} packed networks gets exactly as many test images right as before folding.</p>";

    private static string Table(int packed, (NetworkRuns Network, StudyRun Run)[] differ) =>
        $"""
            <p>{(
                differ.Length == packed
                    ? "Folding changed the test accuracy of every packed network."
                    : $"Folding changed the test accuracy of {differ.Length} of the {packed} packed networks, and of no other."
            )}</p>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Network</th><th scope="col" class="text">Method</th><th scope="col">Float batch normalization</th>
            <th scope="col">Folded to integers</th><th scope="col">Difference<small>points</small></th></tr></thead>
            <tbody>{string.Concat(differ.Select(d => Row(d.Network, d.Run)))}</tbody></table></div>
            """;

    private static string Row(NetworkRuns network, StudyRun run) =>
        $"""
            <tr><th scope="row">{Escape(network.Name)}</th><td class="text">{Escape(network.Label(run))}</td>
            <td>{Percent(run.UnfoldedTestAccuracy)}</td><td>{Percent(run.TestAccuracy)}</td>
            <td>{Points(run.TestAccuracy.Mean - run.UnfoldedTestAccuracy.Mean)}</td></tr>

            """;
}
