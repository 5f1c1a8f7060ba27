using Onebit.Training;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>The accuracy of a stochastically trained network in each of its forms.</summary>
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
                <h2>Stochastic weights after training</h2>
                <p>Training drew every weight anew in each pass. Its latent weight gives the probability.
                A packed network needs fixed weights, and there are several ways to fix them. All figures are of the first seed.</p>
                {string.Concat(stochastic.Select(s => Forms(s.Network, s.Run)))}</section>
                """;
    }

    private static string Forms(NetworkRuns network, StudyRun run) =>
        $"""
            <h3>{Escape(network.Name)} {Escape(network.Label(run))}</h3>
            <div class="scroll"><table>
            <thead><tr><th scope="col">Weights</th><th scope="col">Validation accuracy</th><th scope="col">Test accuracy</th></tr></thead>
            <tbody>{string.Concat(run.Forms!.Select(f => Row(f, chosen: f.Name == run.EvaluatedForm)))}</tbody></table></div>
            <p>{Why(run)}</p>

            """;

    private static string Row(FormEvaluation form, bool chosen) =>
        $"""
            <tr{(chosen ? " class=\"chosen\"" : "")}><th scope="row">{form.Description}</th>
            <td>{Percent(form.ValidationAccuracy)}</td><td>{Percent(form.TestAccuracy)}</td></tr>

            """;

    private static string Why(StudyRun run)
    {
        string chosen = run.Forms!.FirstOrDefault(f => f.Name == run.EvaluatedForm)?.Description ?? Escape(run.EvaluatedForm ?? "none");
        return run.Packed
            ? $"""
                Packed and evaluated: <strong>{chosen}</strong>. A file needs fixed weights of one bit.
                Two forms give them: a kept draw, and the sign with re-estimated statistics.
                This one is the best on the validation images.
                """
            : $"""
                Evaluated: <strong>{chosen}</strong>, as in training.
                Nothing is packed, so nothing is gained by choosing another form.
                """;
    }
}
