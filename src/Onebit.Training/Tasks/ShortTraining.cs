using System.Globalization;

namespace Onebit.Training;

/// <summary>Tells which runs were not trained long enough for their accuracy to mean something.</summary>
public static class ShortTraining
{
    private const int FewSteps = 500;
    private const double MinRise = 0.005;

    /// <summary>What is wrong with the length of a run, as sentences without the run's name; none: nothing.</summary>
    public static IEnumerable<string> Warnings(RunRecord run)
    {
        if (run.Steps is { } steps and < FewSteps)
        {
            string epochs = run.Epochs == 1 ? "epoch" : "epochs";
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{run.Epochs:N0} {epochs} of {run.TrainImages:N0} images are {steps:N0} steps, which is far too short. "
                    + $"Train longer with --epochs N."
            );
        }

        if (Rise(run) is { } rise)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"validation accuracy still rises at the end, by {100 * rise:F2} points. More epochs would help."
            );
        }
    }

    /// <summary>The warnings of some runs, each once, with the experiments that it is about.</summary>
    public static IEnumerable<(string Warning, IReadOnlyList<string> Experiments)> Of(IEnumerable<RunRecord> runs) =>
        runs.SelectMany(run => Warnings(run).Select(text => (Text: char.ToUpperInvariant(text[0]) + text[1..], run.Experiment)))
            .GroupBy(w => w.Text, w => w.Experiment)
            .Select(g => (g.Key, (IReadOnlyList<string>)[.. g]));

    /// <summary>
    /// By how much the last tenth of the epochs is better on the validation images than any epoch before; null: by less than half a
    /// point or two standard errors.
    /// </summary>
    private static double? Rise(RunRecord run)
    {
        List<double> curve = run.Curves.ValidationAccuracy;
        int last = Math.Max(1, curve.Count / 10);
        if (curve.Count <= last)
        {
            return null;
        }

        double end = curve.TakeLast(last).Average(),
            rise = end - curve.SkipLast(last).Max(),
            error = Math.Sqrt(end * (1 - end) / Math.Max(1, run.ValidationImages));
        return rise > Math.Max(MinRise, 2 * error) ? rise : null;
    }
}
