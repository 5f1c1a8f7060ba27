using System.CommandLine;
using System.Text.Json;
using Onebit.Datasets;
using Onebit.Training;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit eval</c>: a packed model on test images, by the Onebit runtime.</summary>
internal static class EvalCommand
{
    internal static Command Create()
    {
        Argument<string> model = SharedOptions.Model();
        Option<string> data = SharedOptions.Data();
        Option<bool> json = SharedOptions.Json();
        var command = new Command("eval", """
            Classify a data set's test images with a packed model.

            Example: onebit eval onebit-study/runs/cnn-binarynet-seed1/model.onebit --data mnist
            """) { model, data, json };
        command.SetAction(parsed =>
        {
            BitModel packed = BitModel.Load(parsed.GetRequiredValue(model));
            ImageSet test = DataCommand.LoadTestShowingDownloads(parsed.GetRequiredValue(data));
            ModelInput input = packed.Input;
            if ((input.Channels, input.Height, input.Width) != (test.Channels, test.Height, test.Width))
                throw new DatasetException($"The model reads images of {input.Channels} x {input.Height} x {input.Width}, the data set holds {test.Channels} x {test.Height} x {test.Width} (channels x height x width); choose a model trained for it.");
            int classes = Math.Max(packed.ClassCount, test.Labels.Span.ToArray().Max() + 1);
            int[] predictions = new int[test.Count];
            packed.Predict(test.Pixels.Span, predictions);
            int[][] confusion = Evaluation.Confusion(test.Labels.Span, predictions.Select(p => (byte)p).ToArray(), classes);
            double accuracy = (double)Enumerable.Range(0, classes).Sum(c => confusion[c][c]) / test.Count;
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(new { accuracy, count = test.Count, confusion }, JsonSerializerOptions.Web));
            else
                Print(accuracy, confusion);
            return 0;
        });
        return command;
    }

    private static void Print(double accuracy, int[][] confusion)
    {
        AnsiConsole.WriteLine($"{accuracy:P2} of {confusion.Sum(row => row.Sum()):N0} images right. Rows: true class; columns: predicted class.");
        var table = new Table().Border(TableBorder.Simple).AddColumn("");
        foreach (int c in Enumerable.Range(0, confusion.Length))
            table.AddColumn(new TableColumn($"{c}").RightAligned());
        foreach ((int[] row, int c) in confusion.Select((r, c) => (r, c)))
            table.AddRow([$"{c}", .. row.Select(n => n == 0 ? "·" : $"{n}")]);
        AnsiConsole.Write(table);
    }
}
