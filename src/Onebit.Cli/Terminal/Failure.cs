using System.Runtime.InteropServices;
using System.Text;
using Onebit.Datasets;
using Onebit.Export;
using Onebit.Training;

namespace Onebit.Cli;

/// <summary>The one way in which a command ends with an error: a sentence on standard error, and an exit code.</summary>
internal static class Failure
{
    /// <summary>Says what went wrong. What nobody expected becomes a sentence too, with the path of a file that has the details.</summary>
    /// <returns>The exit code.</returns>
    internal static int End(Exception exception)
    {
        Exception cause = exception;
        while (cause is TypeInitializationException or AggregateException && cause.InnerException is { } inner)
        {
            cause = inner;
        }

        string sentence = cause switch
        {
            OperationCanceledException => "stopped. A training continues from its last checkpoint when its command is run again.",
            ExperimentException or DatasetException or VerificationException => cause.Message,
            InvalidDataException or IOException or UnauthorizedAccessException => cause.Message,
            _ when TorchLibrary.Obstacle is { } obstacle => obstacle,
            OutOfMemoryException => NoMemory,
            ExternalException when cause.Message.Contains("allocate memory", StringComparison.Ordinal) => NoMemory,
            _ => $"this should not have happened ({cause.GetType().Name}: {FirstLine(cause.Message)}). {Details(exception)}",
        };
        Say(sentence);
        return 1;
    }

    /// <summary>One line on standard error, without anything that a terminal would obey.</summary>
    internal static void Say(string sentence) =>
        Console.Error.WriteLine(Wrapped($"onebit: {VisibleText.Of(sentence.ReplaceLineEndings(" "))}"));

    /// <summary>Broken between words where a terminal would break it anywhere.</summary>
    private static string Wrapped(string line)
    {
        int width = Console.IsErrorRedirected ? 0 : Console.WindowWidth;
        if (width <= 0)
        {
            return line;
        }

        var text = new StringBuilder();
        int column = 0;
        foreach (string word in line.Split(' '))
        {
            bool fits = column == 0 || column + 1 + word.Length < width;
            text.Append(
                    column == 0 ? ""
                    : fits ? " "
                    : "\n"
                )
                .Append(word);
            column = fits && column > 0 ? column + 1 + word.Length : word.Length;
        }

        return text.ToString();
    }

    private const string NoMemory =
        "there is not enough memory. Lower the experiment's batchSize, its layers' sizes, or the number of images.";

    private static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0].TrimEnd('.');

    /// <summary>Writes the details where a file can be written, and says where.</summary>
    private static string Details(Exception exception)
    {
        string name = $"onebit-error-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}.txt";
        string text = $"onebit {typeof(Failure).Assembly.GetName().Version}, {RuntimeInformation.OSDescription}\n{exception}\n";
        foreach (string folder in new[] { Path.GetTempPath(), Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            try
            {
                string path = Path.Combine(folder, name);
                File.WriteAllText(path, text);
                return $"Please report it, with the details in '{path}'.";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next folder.
            }
        }

        return "Please report it.";
    }
}
