using Onebit.Training;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary>
/// Progress bars on standard error, with time left. If that is redirected, it gets one line when a task begins and one when it is done.
/// Standard output stays free for results.
/// </summary>
internal sealed class ProgressDisplay
{
    private readonly Dictionary<string, ProgressTask> _bars = [];
    private readonly HashSet<string> _begun = [],
        _finished = [];
    private readonly ProgressContext? _context;

    private ProgressDisplay(ProgressContext? context) => _context = context;

    internal static T Show<T>(Func<ProgressDisplay, T> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work(new ProgressDisplay(null));
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console
            .Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 24 },
                new PercentageColumn(),
                new RemainingTimeColumn()
            )
            .Start(context => work(new ProgressDisplay(context)));
    }

    internal static string Describe(TrainingProgress p) =>
        $"epoch {p.Epoch}/{p.Epochs}, loss {p.Loss:F3}" + (p.Validation is null ? "" : $", {p.Validation}");

    /// <summary>Updates a task's bar; the first report creates it.</summary>
    internal void Report(string task, double done, string detail)
    {
        (task, detail) = (VisibleText.Of(task), VisibleText.Of(detail));
        if (_context is null)
        {
            if (_begun.Add(task))
            {
                Console.Error.WriteLine($"{task}: begun");
            }

            if (done >= 1 && _finished.Add(task))
            {
                Console.Error.WriteLine($"{task}: {detail}");
            }

            return;
        }
        if (!_bars.TryGetValue(task, out ProgressTask? bar))
        {
            _bars[task] = bar = _context.AddTask(Markup.Escape(task), maxValue: 1);
        }

        bar.Description = Markup.Escape($"{task}  {detail}");
        bar.Value = done;
    }
}
