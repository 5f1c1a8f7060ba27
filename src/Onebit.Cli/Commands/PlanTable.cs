using System.Text.Json;
using Onebit.Datasets;
using Onebit.Study;
using Onebit.Training;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary>What <c>onebit train --dry-run</c> prints: the network before it is trained.</summary>
internal static class PlanTable
{
    internal static void Print(Experiment experiment, Dataset data, NetworkPlan plan, bool json)
    {
        if (json)
        {
            Console.WriteLine(Json(experiment, data, plan));
            return;
        }

        Table table = new Table().Border(TableBorder.Simple).AddColumn("layer").AddColumn("gives");
        table.AddNumberColumn("parameters");
        table.AddNumberColumn("multiply-accumulates");
        foreach (LayerPlan layer in plan.Layers)
        {
            table.AddTextRow(
                layer.Label["layer ".Length..],
                $"{layer.Shape.Channels} x {layer.Shape.Height} x {layer.Shape.Width}",
                layer.Parameters == 0 ? "" : $"{layer.Parameters:N0}",
                layer.MultiplyAccumulates == 0 ? "" : $"{layer.MultiplyAccumulates:N0}"
            );
        }

        AnsiConsole.Write(table);
        var figures = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        figures.AddTextRow("input", $"{SharedOptions.Describe(data.Test)}, {data.ClassCount} classes of {data.Name}");
        figures.AddTextRow("parameters", $"{plan.Parameters:N0}");
        figures.AddTextRow("multiply-accumulates", $"{plan.MultiplyAccumulates:N0} per image");
        figures.AddTextRow(
            "size",
            plan.Model is not null
                ? $"{plan.Bytes:N0} bytes, the .onebit file; training may change it a little"
                : $"{plan.Bytes:N0} bytes, counted in bits and floats"
        );
        figures.AddTextRow(
            "memory",
            plan.Model is { } model
                ? $"{ActivationMemory.Peak(model):N0} bytes of activations, when layers run fused"
                : "known for packed networks alone"
        );
        figures.AddTextRow("training", $"{experiment.Epochs:N0} epochs of {data.Train.Count:N0} images");
        AnsiConsole.Write(figures);
    }

    private static string Json(Experiment experiment, Dataset data, NetworkPlan plan) =>
        JsonSerializer.Serialize(
            new
            {
                experiment = experiment.Name,
                layers = plan.Layers.Select(l => new
                {
                    layer = l.Label["layer ".Length..],
                    gives = new[] { l.Shape.Channels, l.Shape.Height, l.Shape.Width },
                    l.Parameters,
                    l.MultiplyAccumulates,
                }),
                plan.Parameters,
                plan.MultiplyAccumulates,
                modelBytes = plan.Bytes,
                packed = plan.Model is not null,
                activationBytes = plan.Model is { } model ? ActivationMemory.Peak(model) : (long?)null,
                experiment.Epochs,
                trainImages = data.Train.Count,
            },
            JsonSerializerOptions.Web
        );
}
