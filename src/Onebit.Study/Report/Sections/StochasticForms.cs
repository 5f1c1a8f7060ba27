using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>What a stochastically trained network is worth in each of its forms.</summary>
internal static class StochasticForms
{
    internal static string Write(ReportData data)
    {
        (NetworkRuns Network, StudyRun Run)[] stochastic =
        [
            .. data.Networks.SelectMany(n => n.Runs.Where(r => r.Forms is not null).Select(r => (n, r))),
        ];
        return stochastic.Length == 0
            ? ""
            : $"""
                <section id="forms">
                <h2>Stochastic weights, once they stand still</h2>
                <p>Training drew every weight anew in each pass, with a probability that its latent weight gives. What comes out depends on what then stands for the weights (first seed).</p>
                {string.Concat(stochastic.Select(s => Forms(s.Network, s.Run)))}</section>
                """;
    }

    private static string Forms(NetworkRuns network, StudyRun run) =>
        $"""
        <h3>{Escape(network.Name)} {Escape(network.Label(run))}</h3>
        <div class="scroll"><table>
        <thead><tr><th scope="col">What stands for the weights</th><th scope="col">Validation accuracy</th><th scope="col">Test accuracy</th></tr></thead>
        <tbody>{string.Concat(run.Forms!.Select(f => $"""
        <tr{(f.Name == run.EvaluatedForm ? " class=\"chosen\"" : "")}><th scope="row">{f.Description}</th><td>{Percent(f.ValidationAccuracy)}</td><td>{Percent(f.TestAccuracy)}</td></tr>

        """))}</tbody></table></div>
        <p>{Why(run)}</p>

        """;

    private static string Why(StudyRun run)
    {
        string chosen = run.Forms!.FirstOrDefault(f => f.Name == run.EvaluatedForm) is { } form
            ? form.Description
            : Escape(run.EvaluatedForm ?? "none");
        return run.Packed
            ? $"Packed and evaluated: <strong>{chosen}</strong>. A file needs weights that stand still in one bit: a kept draw, or the sign with statistics re-estimated for it. Of these it is the best on the validation images."
            : $"Evaluated: <strong>{chosen}</strong>, as in training; nothing is packed, so nothing is gained by choosing another.";
    }
}
