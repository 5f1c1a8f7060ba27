using Onebit.Training;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Machine, data, rules and definitions: all that is needed to doubt or repeat the study.</summary>
internal static class HowMeasured
{
    internal static string Write(ReportData data)
    {
        StudyResults results = data.Results;
        MachineInfo machine = results.Machine;
        DatasetInfo set = results.Dataset;
        string[] peers = [.. results.Runs.Select(r => r.Peer.Name).Distinct()];
        string methods = string.Concat(
            results
                .Runs.Select(r => r.Method)
                .Distinct()
                .Select(m =>
                    $"<li><code>{Escape(m)}</code>{(Method.All.FirstOrDefault(k => k.Name == m) is { } known ? $": {Escape(known.Source)}" : "")}</li>"
                )
        );
        string otherSplits = string.Concat(
            results
                .Runs.Where(r => r.TrainImages != set.TrainImages || r.ValidationImages != set.ValidationImages)
                .Select(r =>
                    $" <code>{Escape(r.Experiment)}</code> trains on {Count(r.TrainImages)} and holds out {Count(r.ValidationImages)}."
                )
        );
        string[] seeds = [.. results.Runs.Select(r => string.Join(", ", r.Seeds)).Distinct()];
        string seedText =
            seeds.Length == 1
                ? $"{(seeds[0].Contains(',', StringComparison.Ordinal) ? "Seeds" : "Seed")} {seeds[0]} for every run."
                : string.Join(" ", results.Runs.Select(r => $"<code>{Escape(r.Experiment)}</code>: {string.Join(", ", r.Seeds)}."));
        return $"""
            <section id="method">
            <h2>How it was measured</h2>
            <dl>
            <dt>To repeat it</dt><dd><pre class="scroll"><code>onebit study --preset {Escape(Argument(results.Preset))}{(
                set.Name == "mnist" ? "" : $" --data {Escape(Argument(set.Name))}"
            )}{(set.Size is null ? "" : $" --size {Escape(set.Size)}")}</code></pre></dd>
            <dt>Machine</dt><dd>{Escape(machine.Processor)}, {Several(machine.Cores, "logical processor")}, {Bytes(
                machine.MemoryBytes
            )} of memory, {Escape(machine.OperatingSystem)}, {Escape(machine.Runtime)}, vectors of {machine.VectorBits} bits.</dd>
            <dt>Data</dt><dd>{Escape(set.Name)}, {Count(set.Classes)} classes: {Count(set.TrainImages)} images to train on, {Count(
                set.ValidationImages
            )} held out for validation, {Count(set.TestImages)} to test.{otherSplits}
            Every choice is made on the validation images. The test images are read once per finished run.</dd>
            <dt>Seeds</dt><dd>{seedText} Means are over seeds, deviations are sample standard deviations; curves, confusion matrices and image comparisons are the first seed’s.</dd>
            <dt>Accuracy</dt><dd>Fraction of the test images classified rightly: by a packed network after folding, with the integers that its file holds; by any other as it was trained, in floating point.</dd>
            {(
                set.HardImages is { } hard
                    ? $"<dt>Hard images</dt><dd>{Count(hard)} of the test images: those on which a committee of simple classifiers (k-means, nearest neighbours, and small networks trained for it) disagrees. No label takes part in the choice, and no run of this study has a vote.</dd>"
                    : ""
            )}
            <dt>Model size</dt><dd>The length of a real file: <code>.onebit</code> where packed, safetensors in full precision. Where a binarized network is not packed it is a count, a binarized weight’s bits and four bytes for every other number, and marked so.</dd>
            <dt>Parameters</dt><dd>All numbers that training sets. “Binarized” are weights kept in one bit or a few; the others are scales, offsets, and the weights of layers that were left alone.</dd>
            <dt>Training memory</dt><dd>Bytes of parameters, gradients and optimizer state; and the peak resident size of the training process, which holds libraries and data too.</dd>
            <dt>Training time</dt><dd>Training steps alone, mean over seeds, in processor time, which other work on the machine disturbs least; time by the clock is shown where it differs by more than a tenth. Recipes may differ in epochs.</dd>
            <dt>One image</dt><dd>From byte pixels to class on one thread: packed networks on the Onebit runtime, full precision on {Escape(
                peers.Length == 0 ? "ONNX Runtime" : string.Join(" or ", peers)
            )}, binarized networks that are not packed on libtorch. The ratio is to the same network in full precision, with random weights and its normalizations folded into them, timed in turn with the run in the same process.</dd>
            <dt>Ratios</dt><dd>“4.0× smaller” means full precision takes 4.0 times as much; “4.0× slower” means this run takes 4.0 times as long. They compare with the same network’s full-precision run; a dash stands where there is none.</dd>
            <dt>Methods</dt><dd><ul>{methods}</ul></dd>
            </dl>
            </section>
            """;
    }

    private static string Argument(string value) => value.Any(char.IsWhiteSpace) ? $"\"{value}\"" : value;
}
