using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Onebit.Training;

/// <summary>A method in JSON: its name, or an object with <c>name</c> and the method's own options.</summary>
internal sealed class MethodConverter : JsonConverter<Method>
{
    /// <inheritdoc/>
    public override Method Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        JsonNode? node = JsonNode.Parse(ref reader);
        if (node is JsonObject given && given.Remove("name", out JsonNode? name) && name is JsonValue)
        {
            return (Method)given.Deserialize(Method.Named(name.ToString()).GetType(), options)!;
        }
        return node is JsonValue
            ? Method.Named(node.ToString())
            : throw new JsonException("a method is a name, or an object with 'name' and the method's options");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Method value, JsonSerializerOptions options)
    {
        JsonObject given = JsonSerializer.SerializeToNode(value, value.GetType(), options)!.AsObject();
        if (given.Count == 0)
        {
            writer.WriteStringValue(value.Name);
            return;
        }
        given.Insert(0, "name", value.Name);
        given.WriteTo(writer, options);
    }

    /// <summary>What all methods have is no option.</summary>
    internal static void KeepOptions(JsonTypeInfo type)
    {
        if (type.Type.IsAssignableTo(typeof(Method)) && type.Kind == JsonTypeInfoKind.Object)
        {
            string[] common = [.. typeof(Method).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name))];
            foreach (JsonPropertyInfo property in type.Properties.Where(p => common.Contains(p.Name)).ToArray())
            {
                type.Properties.Remove(property);
            }
        }
    }
}
