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
        string methods = string.Concat(results.Runs.Select(r => r.Method).Distinct().Select(Source));
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
        string peer = Escape(peers.Length == 0 ? "ONNX Runtime" : string.Join(" or ", peers));
        return $"""
            <section id="method">
            <h2>How it was measured</h2>
            <dl>
            <dt>To repeat it</dt><dd><pre class="scroll"><code>{Escape(Command(results))}</code></pre></dd>
            {Files(data.Files)}{(results.Program is { } program ? Origin(program) : "")}<dt>Machine</dt><dd>{Escape(
                machine.Processor
            )}, {Several(machine.Cores, "logical processor")},
            {Bytes(machine.MemoryBytes)} of memory, {Escape(machine.OperatingSystem)}, {Escape(machine.Runtime)},
            vectors of {machine.VectorBits} bits.</dd>
            <dt>Data</dt><dd>{Escape(set.Name)}, {Count(set.Classes)} classes: {Count(set.TrainImages)} images to train on,
            {Count(set.ValidationImages)} held out for validation, {Count(set.TestImages)} to test.{otherSplits}
            {(set.Sha256 is { } hash ? $"Their SHA-256 begins with <code>{Escape(hash[..Math.Min(16, hash.Length)])}</code>." : "")}
            Every choice is made on the validation images. The test images are read once per finished run.</dd>
            <dt>Seeds</dt><dd>{seedText} Means are over seeds. Deviations are sample standard deviations.
            Curves, confusion matrices and comparisons of images are of the first seed.</dd>
            <dt>Accuracy</dt><dd>The share of the test images that is classified correctly.
            With one seed, the range is where other test images would put it, 95 times in 100 (Wilson’s interval).
            Packed networks are evaluated after folding, with the integers of the file. Other networks are evaluated in floating point.</dd>
            {(set.HardImages is { } hard ? HardImages(hard) : "")}
            <dt>Model size</dt><dd>The length of a real file: <code>.onebit</code> where packed, safetensors in full precision.
            A binarized network that is not packed has no such file. Its size is a count and marked so.
            It counts the bits of binarized weights, and four bytes for every other number.</dd>
            <dt>Parameters</dt><dd>All trained numbers. “Binarized” are weights of one bit or a few.
            The others are scales, offsets, and the weights of layers that are not binarized.</dd>
            <dt>Training memory</dt><dd>Bytes of parameters, gradients and optimizer state.
            The peak is the resident size of the training process, with libraries and data.</dd>
            <dt>Training time</dt><dd>Processor time of the training steps alone, mean over seeds.
            Other work on the machine disturbs it little.
            Time by the clock is shown where it differs by more than a tenth. Recipes may differ in epochs.</dd>
            <dt>One image</dt><dd>Time from byte pixels to class, on one thread. Packed networks run on the Onebit runtime,
            full precision on {peer}, and binarized networks that are not packed on libtorch.
            The ratio is to the same network in float32, timed interleaved with the run in the same process. Its time stands below.
            That network has random weights, and its batch normalization is folded into them.</dd>
            <dt>Ratios</dt><dd>“4.0× smaller” means that full precision takes 4.0 times as much.
            “4.0× slower” means that this run takes 4.0 times as long.
            Ratios compare with the full-precision run of the same network. A dash means that there is none.</dd>
            <dt>Methods</dt><dd><ul>{methods}</ul></dd>
            </dl>
            </section>
            """;
    }

    private static string Files(IReadOnlyList<string> files) =>
        files.Count == 0
            ? ""
            : $"<dt>Files</dt><dd>{string.Join(", ", files.Select(f => $"<a href=\"{Escape(f)}\">{Escape(f)}</a>"))}</dd>\n";

    private static string Origin(ProgramInfo program)
    {
        string commit = program.Commit is { } hash ? $", commit {Escape(hash[..Math.Min(10, hash.Length)])}" : "";
        return $"""
            <dt>Made</dt><dd>{Escape(program.Date)}, with Onebit {Escape(program.Version)}{commit}.</dd>
            <dt>Cite as</dt><dd>The Onebit maintainers: Onebit, one-bit neural networks for .NET. Version {Escape(program.Version)}{commit},
            {Escape(program.Date[..Math.Min(4, program.Date.Length)])}. github.com/onebit-ml/onebit</dd>

            """;
    }

    private static string Command(StudyResults results) =>
        $"onebit study --preset {Argument(results.Preset)}{DataOptions(results.Dataset)}{EpochOption(results.Epochs)}";

    private static string Source(string method)
    {
        Method? known = Method.All.FirstOrDefault(m => m.Name == method);
        return $"<li><code>{Escape(method)}</code>{(known is null ? "" : $": {Escape(known.Source)}")}</li>";
    }

    private static string HardImages(int count) =>
        $"""
            <dt>Hard images</dt><dd>{Count(count)} of the test images: those on which a committee of simple classifiers disagrees.
            The committee has k-means, nearest neighbours, and small networks trained for it.
            No label takes part in the choice, and no run of this study has a vote.</dd>
            """;
}
