using Onebit.Training;

namespace Onebit.Study;

/// <summary>A training of a study, for whoever starts it.</summary>
/// <param name="Name">The name of the run's folder.</param>
/// <param name="Arguments">What to start the <c>onebit</c> command with.</param>
/// <param name="Level">0: it needs no other training of the study; n: it needs one of level n - 1.</param>
/// <param name="IsFinished">The folder holds a finished run.</param>
/// <param name="Progress">How far it is; null: it was not begun, or does not say.</param>
public sealed record StudyTask(string Name, IReadOnlyList<string> Arguments, int Level, bool IsFinished, TrainingProgress? Progress)
{
    /// <summary>A command line for a POSIX shell.</summary>
    /// <param name="program">The program and its first arguments.</param>
    /// <param name="arguments">More arguments.</param>
    /// <exception cref="ExperimentException">An argument holds a control character, so it does not fit into a line.</exception>
    public static string CommandLine(IEnumerable<string> program, IEnumerable<string> arguments)
    {
        string[] all = [.. program, .. arguments];
        return Array.Find(all, a => a.Any(char.IsControl)) is { } odd
            ? throw new ExperimentException($"'{VisibleText.Of(odd)}' holds a control character; rename it.")
            : string.Join(' ', all.Select(Display.Argument));
    }
}
