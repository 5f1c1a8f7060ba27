using System.CommandLine;
using System.Text;
using Onebit.Datasets;

namespace Onebit.Cli;

/// <summary>A CSV file of what a model says of each image, to compare other implementations with.</summary>
internal static class PredictionsFile
{
    internal static Option<string?> Option() =>
        new("--predictions")
        {
            Description = "Also write a CSV file: index, label, class and all scores of each image, classes as numbers.",
            HelpName = "FILE",
        };

    internal static void Write(string path, BitModel model, ImageSet images)
    {
        SharedOptions.MakeFolder(path);
        var text = new StringBuilder("index,label,class");
        for (int c = 0; c < model.ClassCount; c++)
        {
            text.Append($",score{c}");
        }

        text.Append('\n');
        int[] classes = new int[images.Count];
        long[] scores = new long[images.Count * model.ClassCount];
        model.PredictBatch(images.Pixels.Span, classes, scores);
        for (int i = 0; i < images.Count; i++)
        {
            text.Append($"{i},{images.Labels.Span[i]},{classes[i]},")
                .AppendJoin(',', scores.Skip(i * model.ClassCount).Take(model.ClassCount))
                .Append('\n');
        }

        AtomicFile.WriteText(path, text.ToString());
    }
}
