using System.Text.Json;
using System.Text.Json.Nodes;
using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>Reads experiment files, and the network files that they name.</summary>
public static class ExperimentFile
{
    // What became of names that older files use.
    private static readonly Dictionary<string, string> s_oldNames = new()
    {
        ["start"] = "is now 'initializeFrom'",
        ["zeroStart"] = "is now 'zeroInit'",
        ["zeroWeights"] = "is now the option 'sparsity' of method bitwise: \"method\": { \"name\": \"bitwise\", \"sparsity\": 0.5 }",
        ["affineBits"] = "is now 'scaleBits'",
        ["averaging"] = "is now 'emaDecay'",
        ["reestimateNormalization"] = "is gone; leave it out",
        ["polarization"] = "is gone; leave it out",
        ["elastic"] = "is gone; leave it out",
        ["every"] = "is gone with the schedule 'step'; use the schedule 'exponential' or 'cosine'",
    };

    // The same of the values of "type".
    private static readonly Dictionary<string, string> s_oldTypes = new()
    {
        ["constant"] = "is gone; leave the schedule out",
        ["step"] = "is gone; use the schedule 'exponential' or 'cosine'",
        ["norm"] = "is now 'batchNorm'",
        ["residual"] = "is now 'add': { \"type\": \"add\", \"from\": [\"a\", \"b\"] } adds the layers with these names",
    };

    /// <summary>Where the shipped experiments lie.</summary>
    public static string ShippedFolder => Path.Combine(AppContext.BaseDirectory, "experiments");

    /// <summary>Reads an experiment file.</summary>
    /// <exception cref="ExperimentException">The file is missing or does not hold an experiment; says what to mend.</exception>
    public static Experiment Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new ExperimentException($"There is no experiment file '{path}'.");
        }

        try
        {
            Naming.Check(Path.GetFileNameWithoutExtension(path), "the file's name");
            JsonNode node = Parse(path) as JsonObject ?? throw new JsonException("it must be an object, { ... }");
            if (node["network"] is JsonValue name && name.TryGetValue(out string? network))
            {
                Naming.Check(network, "the network's name");
                node["network"] = ParseNetwork(NetworkFile(path, network));
            }

            RefuseOldNames(node);
            JsonShape.Check(node);
            Experiment experiment = node.Deserialize<Experiment>(Experiment.Json)! with
            {
                Name = Path.GetFileNameWithoutExtension(path),
                File = Path.GetFullPath(path),
            };
            experiment.Check();
            return experiment;
        }
        catch (Exception e)
            when (e is JsonException or IOException or InvalidOperationException or FormatException or NotSupportedException)
        {
            throw new ExperimentException($"'{path}' is no experiment: {Reason(e)}.");
        }
        catch (ExperimentException e)
        {
            throw new ExperimentException($"'{path}': {e.Message}");
        }
    }

    private static void RefuseOldNames(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
            {
                RefuseOldNames(item);
            }
        }
        else if (node is JsonObject given)
        {
            foreach ((string name, JsonNode? value) in given)
            {
                Refuse(s_oldNames, name);
                if (name == "type" && value is JsonValue type && type.TryGetValue(out string? text))
                {
                    Refuse(s_oldTypes, text);
                }

                RefuseOldNames(value);
            }
        }

        static void Refuse(Dictionary<string, string> old, string name)
        {
            if (old.TryGetValue(name, out string? news))
            {
                throw new ExperimentException($"'{name}' {news}.");
            }
        }
    }

    /// <summary>The file's JSON, without the schema that it may name for an editor.</summary>
    private static JsonNode Parse(string path)
    {
        string text = InputFile.ReadText(path);
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new JsonException("it is empty");
        }

        JsonNode node =
            JsonNode.Parse(
                text,
                documentOptions: new()
                {
                    AllowDuplicateProperties = false,
                    AllowTrailingCommas = true,
                    CommentHandling = JsonCommentHandling.Skip,
                }
            ) ?? throw new JsonException("it is null");
        (node as JsonObject)?.Remove("$schema");
        return node;
    }

    private static JsonNode ParseNetwork(string path)
    {
        try
        {
            return Parse(path);
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"'{path}' is no network: {Reason(e)}.");
        }
    }

    /// <summary>What the parser says, with the line as editors count it, and without the words that a program needs.</summary>
    private static string Reason(Exception e)
    {
        string sentence = e.Message.ReplaceLineEndings(" ").Replace(" JSON", "", StringComparison.Ordinal);
        foreach (string technical in new[] { " Path: ", " LineNumber: ", " Change the reader options." })
        {
            sentence = sentence.Split(technical)[0];
        }

        return sentence.TrimEnd('.') + (e is JsonException { LineNumber: { } line } ? $" (line {line + 1})" : "");
    }

    /// <summary>The names of the shipped networks.</summary>
    public static IReadOnlyList<string> Networks =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(ShippedFolder, "networks"), "*.json")
                .Select(f => Path.GetFileNameWithoutExtension(f)!)
                .Order(StringComparer.Ordinal),
        ];

    // networks/NAME.json beside the experiment, above it, or among the shipped ones.
    private static string NetworkFile(string experiment, string network)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(experiment))!;
        string file = Path.Combine("networks", network + ".json");
        return new[] { folder, Path.Combine(folder, ".."), ShippedFolder }.Select(f => Path.Combine(f, file)).FirstOrDefault(File.Exists)
            ?? throw new ExperimentException(
                $"there is no network '{network}'{NearName.Hint(network, Networks)}; "
                    + $"write networks/{network}.json beside it or list the layers in place."
            );
    }
}
