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
        if (packed.Length == 0)
        {
            return "";
        }

        string body =
            differ.Length == 0
                ? packed.Length == 1
                    ? "<p>Nothing: the packed network gets exactly as many test images right as before folding.</p>"
                    : $"<p>Nothing: each of the {packed.Length} packed networks gets exactly as many test images right as before folding.</p>"
                : $"""
                <p>{(differ.Length == packed.Length ? "Folding changed the test accuracy of every packed network."
                    : $"Folding changed the test accuracy of {differ.Length} of the {packed.Length} packed networks, and of the others not by a single image.")}</p>
                <div class="scroll"><table>
                <thead><tr><th scope="col">Network</th><th scope="col" class="text">Method</th><th scope="col">Float batch normalization</th><th scope="col">Folded to integers</th><th scope="col">Difference<small>points</small></th></tr></thead>
                <tbody>{string.Concat(differ.Select(d => $"""
                <tr><th scope="row">{Escape(d.Network.Name)}</th><td class="text">{Escape(d.Network.Label(d.Run))}</td><td>{Percent(d.Run.UnfoldedTestAccuracy)}</td><td>{Percent(d.Run.TestAccuracy)}</td><td>{Points(d.Run.TestAccuracy.Mean - d.Run.UnfoldedTestAccuracy.Mean)}</td></tr>

                """))}</tbody></table></div>
                """;
        return $"""
            <section id="folding">
            <h2>What folding cost</h2>
            <p>Packing folds batch normalization into integer thresholds and scales. The test accuracies above are of the folded networks, the ones in the files; here they are before and after.</p>
            {body}
            </section>
            """;
    }
}
