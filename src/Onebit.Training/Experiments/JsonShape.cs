using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Onebit.Datasets;

namespace Onebit.Training;

/// <summary>
/// Holds an experiment's JSON against the records that it becomes, before it is read. So each mistake is said in the words of the file:
/// which layer, which name, and which names there are.
/// </summary>
internal static class JsonShape
{
    private const string TypeName = "type";

    /// <summary>Checks a whole experiment.</summary>
    /// <exception cref="ExperimentException">A name is unknown or missing, or a value is of the wrong kind.</exception>
    internal static void Check(JsonNode? node) => CheckObject(node, typeof(Experiment), "the experiment");

    /// <summary>The names that a record has in JSON, its required ones first in the order of its declaration.</summary>
    internal static IReadOnlyList<JsonPropertyInfo> Properties(Type type) =>
        [
            .. Experiment
                .Json.GetTypeInfo(type)
                .Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null)
                .OrderBy(p => p.Name is "name" or "from" && type.IsAssignableTo(typeof(Layer))),
        ];

    /// <summary>A value must be given.</summary>
    internal static bool IsRequired(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false };

    private static void CheckObject(JsonNode? node, Type type, string what, string? beside = null)
    {
        if (node is not JsonObject given)
        {
            throw Wrong($"{what} must be an object, {{ ... }}, not {Kind(node)}");
        }

        IReadOnlyList<JsonPropertyInfo> properties = Properties(type);
        string[] names = [.. properties.Select(p => p.Name)];
        foreach ((string name, JsonNode? value) in given)
        {
            if (name == beside)
            {
                continue;
            }

            JsonPropertyInfo property =
                properties.FirstOrDefault(p => p.Name == name)
                ?? throw Wrong($"{what} has no '{name}'{NearName.Hint(name, names)}; it takes {List(names, "nothing")}");
            if (value is null && !property.IsSetNullable)
            {
                throw Wrong($"'{name}' of {what} must not be null; leave it out or give a value");
            }

            CheckValue(value, property.PropertyType, $"'{name}' of {what}", what);
        }

        if (properties.FirstOrDefault(p => IsRequired(p) && !given.ContainsKey(p.Name)) is { } missing)
        {
            throw Wrong($"{what} needs '{missing.Name}'");
        }
    }

    private static void CheckValue(JsonNode? node, Type type, string what, string owner)
    {
        Type? optional = Nullable.GetUnderlyingType(type);
        type = optional ?? type;
        if (node is null && (optional is not null || !type.IsValueType))
        {
            return;
        }

        if (type == typeof(IReadOnlyList<Layer>))
        {
            CheckLayers(node, what, owner.StartsWith("layer ", StringComparison.Ordinal) ? owner.Split(' ')[1] + "." : "");
        }
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            CheckList(node, type.GetGenericArguments()[0], what);
        }
        else if (type == typeof(Method))
        {
            CheckMethod(node, what);
        }
        else if (type.IsEnum)
        {
            string[] names = [.. Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)];
            if (
                node is not JsonValue
                || node.GetValueKind() != JsonValueKind.String
                || !names.Contains((string)node!, StringComparer.OrdinalIgnoreCase)
            )
            {
                string hint = node?.GetValueKind() == JsonValueKind.String ? NearName.Hint((string)node!, names) : "";
                throw Wrong($"{what} must be {List(names, "")}, not {Kind(node)}{hint}");
            }
        }
        else if (type == typeof(string))
        {
            Require(node, JsonValueKind.String, "a text", what);
        }
        else if (type == typeof(bool))
        {
            if (node?.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
            {
                throw Wrong($"{what} must be true or false, not {Kind(node)}");
            }
        }
        else if (type == typeof(double))
        {
            Require(node, JsonValueKind.Number, "a number", what);
        }
        else if (type == typeof(int) || type == typeof(byte))
        {
            Require(node, JsonValueKind.Number, "a whole number", what);
            if (
                !node!.AsValue().TryGetValue(out long number)
                || number is < int.MinValue or > int.MaxValue
                || (type == typeof(byte) && number is < 0 or > 255)
            )
            {
                throw Wrong($"{what} must be a whole number{(type == typeof(byte) ? " from 0 to 255" : "")}, not {node.ToJsonString()}");
            }
        }
        else
        {
            CheckObject(node, type, what.Split(" of ")[0].Trim('\'') is var name ? $"the {name}" : what);
        }
    }

    private static void CheckList(JsonNode? node, Type item, string what)
    {
        // A layer's 'from' may be one name.
        if (item == typeof(string) && node?.GetValueKind() == JsonValueKind.String && what.StartsWith("'from'", StringComparison.Ordinal))
        {
            return;
        }

        if (node is not JsonArray list)
        {
            throw Wrong($"{what} must be a list, [ ... ], not {Kind(node)}");
        }

        foreach (JsonNode? value in list)
        {
            CheckValue(value, item, $"each of {what}", what);
        }
    }

    private static void CheckLayers(JsonNode? node, string what, string around)
    {
        if (node is not JsonArray layers)
        {
            throw Wrong($"{what} must be a list, [ ... ], not {Kind(node)}");
        }

        for (int i = 0; i < layers.Count; i++)
        {
            string number = $"layer {around}{i + 1}";
            if (layers[i] is not JsonObject layer)
            {
                throw Wrong($"{number} must be an object with a 'type', not {Kind(layers[i])}");
            }

            if (layer[TypeName] is not JsonValue value || !value.TryGetValue(out string? name))
            {
                throw Wrong($"{number} needs a 'type'; there are {List(Layer.Types.Keys, "")}");
            }

            if (!Layer.Types.TryGetValue(name, out Type? type))
            {
                throw Wrong(
                    $"{number}: there is no layer type '{name}'{NearName.Hint(name, Layer.Types.Keys)}; use {List(Layer.Types.Keys, "")}"
                );
            }

            CheckObject(layer, type, $"{number} ({name})", TypeName);
        }
    }

    private static void CheckMethod(JsonNode? node, string what)
    {
        if (node is JsonObject given)
        {
            const string Name = "name";
            Require(given[Name], JsonValueKind.String, "the name of a method", $"'{Name}' of {what}");
            CheckObject(given, Method.Named((string)given[Name]!).GetType(), $"method {given[Name]}", Name);
        }
        else
        {
            Require(node, JsonValueKind.String, "a method's name, or an object with 'name' and the method's options", what);
            Method.Named((string)node!);
        }
    }

    private static void Require(JsonNode? node, JsonValueKind kind, string named, string what)
    {
        if (node?.GetValueKind() != kind)
        {
            throw Wrong($"{what} must be {named}, not {Kind(node)}");
        }
    }

    private static string Kind(JsonNode? node) =>
        node switch
        {
            null => "null",
            JsonObject => "an object",
            JsonArray => "a list",
            _ when node.GetValueKind() == JsonValueKind.String => $"'{(string)node!}'",
            _ => node.ToJsonString(),
        };

    private static string List(IEnumerable<string> names, string none) => string.Join(", ", names) is { Length: > 0 } list ? list : none;

    private static ExperimentException Wrong(string sentence) => new(sentence + ".");
}
