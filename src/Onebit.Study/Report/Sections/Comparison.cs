using System.Text;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>The table of all runs, each beside its network's full-precision run.</summary>
internal static class Comparison
{
    internal static string Write(ReportData data)
    {
        bool hardSet = data.Results.Runs.Any(r => r.HardSetAccuracy is not null);
        var rows = new StringBuilder();
        foreach (NetworkRuns network in data.Networks)
        {
            int columns = hardSet ? 10 : 9;
            string layers = Escape(network.Runs[0].Layers ?? "");
            rows.Append(
                $"""
                <tbody><tr class="group"><th scope="rowgroup">{Escape(
                    network.Name
                )}</th><td class="layers" colspan="{columns}">{layers}</td></tr>

                """
            );
            foreach (StudyRun run in network.Runs)
            {
                rows.Append(Row(data.Results.Dataset, network, run, hardSet));
            }

            rows.Append("</tbody>\n");
        }
        string notes = string.Concat(data.Results.Runs.Select(Note));
        return $"""
            <section id="comparison">
            <h2>Every run beside full precision</h2>
            <div class="scroll"><table class="comparison">
            <thead><tr><th scope="col">Method</th><th scope="col">Bits<small>input / weight / activation</small></th>
            <th scope="col">Test accuracy</th>
            <th scope="col">Difference<small>to float32, points</small></th>{(
                hardSet ? "<th scope=\"col\">Hard images</th>" : ""
            )}<th scope="col">Model size<small>bytes</small></th>
            <th scope="col">Parameters</th><th scope="col">Training memory</th><th scope="col">Training time<small>processor</small></th>
            <th scope="col">One image<small>batch of 1</small></th>
            <th scope="col">One image<small>in batches of 256</small></th></tr></thead>
            {rows}</table></div>
            {Recipes(data.Results)}{(notes.Length == 0 ? "" : $"<ul class=\"notes\">{notes}</ul>")}
            <p class="hint"><a href="#method">How it was measured</a> says what each column means.</p>
            </section>
            """;
    }

    /// <summary>How each run was trained, folded away; nothing where no run says.</summary>
    private static string Recipes(StudyResults results)
    {
        string recipes = string.Concat(
            results.Runs.Where(r => r.Recipe is not null).Select(r => $"<li><code>{Escape(r.Experiment)}</code>: {Escape(r.Recipe!)}</li>")
        );
        return recipes.Length == 0 ? "" : $"<details><summary>How each was trained</summary><ul class=\"notes\">{recipes}</ul></details>\n";
    }

    private static bool IsCounted(StudyRun run) => !run.Packed && run.WeightBits < 32;

    private static string Note(StudyRun run)
    {
        string?[] notes = [run.Note, IsCounted(run) ? $"Not packed: {run.NotPackedBecause ?? "no reason given"}" : null];
        string text = string.Join(" ", notes.Where(n => !string.IsNullOrWhiteSpace(n)).Select(n => n!.TrimEnd('.') + "."));
        return text.Length == 0 ? "" : $"<li><code>{Escape(run.Experiment)}</code>: {Escape(text)}</li>";
    }

    private static string Row(DatasetInfo set, NetworkRuns network, StudyRun run, bool hardSet)
    {
        StudyRun? full = run == network.FullPrecision ? null : network.FullPrecision;
        bool counted = IsCounted(run);
        string bytes = Count(run.ModelBytes) + (counted ? " (count)" : "");
        string packed =
            run.Packed ? "<small>packed</small>"
            : counted ? "<small>not packed</small>"
            : "";
        string share = Percent((double)run.BinaryParameters / Math.Max(1, run.Parameters), "F1");
        string parameters =
            run.BinaryParameters == 0
                ? "<small>none binarized</small>"
                : $"<small>{Count(run.BinaryParameters)} binarized ({share})</small>"
                    + $"<small>{Count(run.Parameters - run.BinaryParameters)} not binarized</small>";
        double own = run.TrainProcessorSeconds.Mean,
            wall = run.TrainSeconds.Mean;
        string clock = Math.Abs(wall - own) > 0.1 * own ? $"<small>{Seconds(wall)} by the clock</small>" : "";
        return $"""
            <tr><th scope="row">{Escape(run.Method)}<small>{Escape(run.Experiment)}</small></th><td>{Bits(run)}</td>
            <td>{Percent(run.TestAccuracy)}<small>{Certainty(run, set)}</small></td>
            <td>{(full is null ? Nothing : Points(run.TestAccuracy.Mean - full.TestAccuracy.Mean))}</td>{(
                hardSet
                    ? Hard(run, full)
                    : ""
            )}
            <td>{bytes}{Ratio(network, run, full?.ModelBytes, run.ModelBytes, "smaller", "larger")}{packed}</td>
            <td>{Count(run.Parameters)}{parameters}</td>
            <td>{Bytes(run.TrainingModelBytes)}{Ratio(
                network,
                run,
                full?.TrainingModelBytes,
                run.TrainingModelBytes,
                "smaller",
                "larger"
            )}<small>peak {Bytes(run.PeakTrainingBytes)}</small></td>
            <td>{Seconds(own)}{Ratio(network, run, full?.TrainProcessorSeconds.Mean, own, "faster", "slower")}<small>{Several(
                run.Epochs,
                "epoch"
            )}, {Seconds(own / Math.Max(1, run.Epochs))} each</small>{clock}</td>
            <td>{Time(run, run.InferenceNanoseconds.Batch1, run.Peer.Batch1, run.Ratio.Batch1)}</td>
            <td>{Time(run, run.InferenceNanoseconds.Batch256, run.Peer.Batch256, run.Ratio.Batch256)}</td></tr>

            """;
    }

    private static string Hard(StudyRun run, StudyRun? full)
    {
        string difference =
            full?.HardSetAccuracy is { } other && run.HardSetAccuracy is { } own
                ? $"<small>{Points(own.Mean - other.Mean)} points</small>"
                : "";
        return $"<td>{(run.HardSetAccuracy is { } hard ? Percent(hard) : Nothing)}{difference}</td>";
    }

    private static string Ratio(NetworkRuns network, StudyRun run, double? full, double own, string less, string more) =>
        run == network.FullPrecision
            ? ""
            : $"<small class=\"ratio\">{(full is { } value ? Compared(value, own, less, more, "the same") : Nothing)}</small>";

    // The peer was timed interleaved with the run itself, so its ratio means more than two rows of this table. It is shown, because the
    // row of full precision was timed at another moment.
    private static string Time(StudyRun run, double own, double peer, double ratio) =>
        Seconds(own / 1e9)
        + (
            run.WeightBits < 32
                ? $"<small class=\"ratio\">{Compared(ratio, 1, "faster", "slower", "the same")}</small>"
                    + $"<small>than {Seconds(peer / 1e9)}</small>"
            : own == peer ? ""
            : $"<small>{Escape(run.Peer.Name)}: {Seconds(peer / 1e9)}</small>"
        );
}
