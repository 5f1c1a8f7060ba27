using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Onebit.Training;

/// <summary>
/// JSON in which equal experiments are equal texts: no spaces, names in order, and no value that equals its default. A new option with a
/// default therefore changes no text.
/// </summary>
internal static class CanonicalJson
{
    private static readonly JsonSerializerOptions s_options = new(Experiment.Json)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { MethodConverter.KeepOptions, SkipDefaults } },
        WriteIndented = false,
    };

    internal static string Write(Experiment experiment) => Sorted(JsonSerializer.SerializeToNode(experiment, s_options)).ToJsonString();

    private static void SkipDefaults(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false })
            {
                continue;
            }

            object? ordinary =
                property.AssociatedParameter is { } parameter ? parameter.DefaultValue
                : property.PropertyType.IsValueType ? Activator.CreateInstance(property.PropertyType)
                : null;
            property.ShouldSerialize = (_, value) =>
                value is not null && !Equals(value, ordinary) && value is not System.Collections.ICollection { Count: 0 };
        }
    }

    private static JsonNode Sorted(JsonNode? node) =>
        node switch
        {
            JsonObject o => new JsonObject(
                o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Sorted(p.Value)))
            ),
            JsonArray a => new JsonArray([.. a.Select(Sorted)]),
            _ => node!.DeepClone(),
        };
}
