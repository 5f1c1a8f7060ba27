using System.Globalization;
using Onebit.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

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
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 12 },
                new PercentageColumn(),
                new TimeLeftColumn()
            )
            .Start(context => work(new ProgressDisplay(context)));
    }

    internal static string Describe(TrainingProgress p) =>
        $"epoch {p.Epoch}/{p.Epochs}, loss {p.Loss:F3}" + (p.Validation is null ? "" : $", {p.Validation}");

    /// <summary>Updates a task's bar; the first report creates it, and one that is done goes away.</summary>
    /// <param name="task">Its name.</param>
    /// <param name="done">Share done, 0 to 1.</param>
    /// <param name="detail">What is worth knowing now.</param>
    /// <param name="secondsLeft">What the task itself says; null: by the speed so far.</param>
    internal void Report(string task, double done, string detail, double? secondsLeft = null)
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
        bar.State.Update<double>(TimeLeftColumn.Key, _ => secondsLeft ?? Smooth(bar, done));
    }

    /// <summary>By the speed of the whole task: an estimate from the last moments jumps.</summary>
    private static double Smooth(ProgressTask bar, double done) =>
        done > 0.01 && bar.ElapsedTime is { TotalSeconds: > 2 } elapsed ? elapsed.TotalSeconds / done * (1 - done) : 0;

    /// <summary>The time left, as the task says.</summary>
    private sealed class TimeLeftColumn : ProgressColumn
    {
        internal const string Key = "seconds left";

        protected override bool NoWrap => true;

        public override int? GetColumnWidth(RenderOptions options) => "9:59:59 left".Length;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(
                task.State.Get<double>(Key) is > 0 and var seconds
                    ? TimeSpan
                        .FromSeconds(Math.Min(seconds, 359_999))
                        .ToString(seconds < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture) + " left"
                    : ""
            );
    }
}
