using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Onebit.Training.Tests;

/// <summary>
/// <c>docs/experiments.md</c> and <c>docs/experiment.schema.json</c> say what the records say. With the variable ONEBIT_WRITE set, the
/// test writes them.
/// </summary>
public partial class ExperimentDocsTests
{
    private const string Begin = "<!-- What follows is written by ExperimentDocsTests. -->\n";

    private static readonly string s_schema = Path.Combine(Repository.Root, "docs", "experiment.schema.json"),
        s_page = Path.Combine(Repository.Root, "docs", "experiments.md");

    private static readonly Type[] s_parts =
    [
        typeof(OptimizerSpec),
        typeof(ScheduleSpec),
        typeof(AugmentationSpec),
        typeof(DistillationSpec),
        typeof(WeightRegularizationSpec),
        typeof(GenerationSpec),
    ];

    private static readonly Dictionary<string, XElement> s_docs = XDocument
        .Load(Path.Combine(AppContext.BaseDirectory, "Onebit.Training.xml"))
        .Descendants("member")
        .ToDictionary(m => m.Attribute("name")!.Value);

    [Fact]
    public void The_schema_agrees_with_the_records() =>
        Same(s_schema, Schema().ToJsonString(new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");

    [Fact]
    public void The_page_agrees_with_the_records()
    {
        string page = File.ReadAllText(s_page);
        Same(s_page, page[..(page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)] + Tables());
    }

    [Fact]
    public void Every_shipped_experiment_has_no_more_than_the_schema_has()
    {
        JsonObject names = Schema()["properties"]!.AsObject();
        string[] files = Directory.GetFiles(Path.Combine(Repository.Root, "experiments"), "*.json", SearchOption.AllDirectories);
        foreach (string file in files.Where(f => Path.GetFileName(Path.GetDirectoryName(f)) != "networks"))
        {
            Assert.All(JsonNode.Parse(File.ReadAllText(file))!.AsObject(), p => Assert.True(names.ContainsKey(p.Key), $"{file}: {p.Key}"));
        }
    }

    private static void Same(string file, string expected)
    {
        if (Environment.GetEnvironmentVariable("ONEBIT_WRITE") is not null)
        {
            File.WriteAllText(file, expected);
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == expected,
            $"{file} is not what the records say; run this test once with ONEBIT_WRITE=1."
        );
    }

    private static JsonObject Schema()
    {
        JsonObject root = ObjectSchema(typeof(Experiment));
        root["properties"]!["$schema"] = new JsonObject { ["type"] = "string", ["description"] = "Where this schema is, for an editor." };
        var definitions = new JsonObject();
        foreach ((string name, Type type) in Layer.Types)
        {
            JsonObject layer = ObjectSchema(type);
            layer["properties"]!["type"] = new JsonObject { ["const"] = name };
            layer["required"] = new JsonArray(["type", .. layer["required"]!.AsArray().Select(r => r!.DeepClone())]);
            definitions[name] = layer;
        }

        definitions["layer"] = new JsonObject { ["oneOf"] = new JsonArray([.. Layer.Types.Keys.Select(Reference)]) };
        definitions["method"] = MethodSchema();
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = "An experiment of Onebit" };
        foreach ((string name, JsonNode? value) in root)
        {
            schema[name] = value!.DeepClone();
        }

        schema["$defs"] = definitions;
        return schema;
    }

    private static JsonNode Reference(string name) => new JsonObject { ["$ref"] = $"#/$defs/{name}" };

    private static JsonObject ObjectSchema(Type type)
    {
        IReadOnlyList<JsonPropertyInfo> properties = JsonShape.Properties(type);
        var schema = new JsonObject();
        foreach (JsonPropertyInfo property in properties)
        {
            JsonObject value = ValueSchema(property.PropertyType);
            if (property.Name == "from")
            {
                value = new JsonObject
                {
                    ["type"] = new JsonArray("string", "array"),
                    ["items"] = new JsonObject { ["type"] = "string" },
                };
            }
            else if (type == typeof(Experiment) && property.Name == "network")
            {
                value = new JsonObject { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, value) };
            }

            value["description"] = Describe(type, property);
            schema[property.Name] = value;
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = Summary(type),
            ["properties"] = schema,
            ["required"] = new JsonArray([.. properties.Where(JsonShape.IsRequired).Select(p => (JsonNode)p.Name)]),
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject ValueSchema(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) ? new() { ["type"] = "string" }
            : type == typeof(bool) ? new() { ["type"] = "boolean" }
            : type == typeof(int) || type == typeof(byte) ? new() { ["type"] = "integer" }
            : type == typeof(double) ? new() { ["type"] = "number" }
            : type.IsEnum ? new() { ["enum"] = new JsonArray([.. EnumNames(type).Select(n => (JsonNode)n)]) }
            : type == typeof(Layer) ? Reference("layer").AsObject()
            : type == typeof(Method) ? Reference("method").AsObject()
            : type.IsGenericType ? new() { ["type"] = "array", ["items"] = ValueSchema(type.GetGenericArguments()[0]) }
            : ObjectSchema(type);
    }

    private static JsonObject MethodSchema() =>
        new()
        {
            ["oneOf"] = new JsonArray(
                new JsonObject { ["enum"] = new JsonArray([.. Method.All.Select(m => (JsonNode)m.Name)]) },
                new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject(
                        Method
                            .All.SelectMany(m => JsonShape.Properties(m.GetType()).Select(p => (Method: m.GetType(), Property: p)))
                            .DistinctBy(p => p.Property.Name)
                            .Select(p =>
                            {
                                JsonObject value = ValueSchema(p.Property.PropertyType);
                                value["description"] = Describe(p.Method, p.Property);
                                return KeyValuePair.Create(p.Property.Name, (JsonNode?)value);
                            })
                            .Prepend(KeyValuePair.Create("name", (JsonNode?)new JsonObject { ["type"] = "string" }))
                    ),
                    ["required"] = new JsonArray("name"),
                }
            ),
        };

    private static string Tables()
    {
        var page = new StringBuilder();
        Table("The experiment", typeof(Experiment));
        foreach (Type part in s_parts)
        {
            Table($"`{JsonNamingPolicy.CamelCase.ConvertName(part.Name.Replace("Spec", "", StringComparison.Ordinal))}`", part);
        }

        page.Append("\n## Methods\n\n| name | source | options |\n|---|---|---|\n");
        foreach (Method method in Method.All)
        {
            Type type = method.GetType();
            string options = string.Join(" ", JsonShape.Properties(type).Select(p => $"`{p.Name}`: {Describe(type, p)}"));
            page.Append($"| `{method.Name}` | {Cell(method.Source)} | {Cell(options)} |\n");
        }

        page.Append("\n## Layers\n\nEvery layer may have `name` and `from` too.\n");
        foreach ((string name, Type type) in Layer.Types)
        {
            Table($"`{name}`", type, "###", $"| | {Cell(Summary(type))} | |\n");
        }

        return page.ToString();

        void Table(string title, Type type, string level = "##", string first = "")
        {
            page.Append($"\n{level} {title}\n\n| name | meaning | value |\n|---|---|---|\n{first}");
            foreach (JsonPropertyInfo p in JsonShape.Properties(type).Where(p => level == "##" || p.Name is not ("name" or "from")))
            {
                page.Append($"| `{p.Name}` | {Cell(Describe(type, p))} | {Value(p)} |\n");
            }
        }
    }

    private static string Value(JsonPropertyInfo property)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        string kind =
            type.IsEnum ? string.Join(", ", EnumNames(type).Select(n => $"`{n}`"))
            : type == typeof(bool) ? "`true` or `false`"
            : type == typeof(int) || type == typeof(byte) ? "whole number"
            : type == typeof(double) ? "number"
            : type == typeof(string) ? "text"
            : type.IsGenericType ? "list"
            : type == typeof(Method) ? "method"
            : "object";
        object? standard = property.AssociatedParameter is { HasDefaultValue: true } parameter ? parameter.DefaultValue : null;
        return JsonShape.IsRequired(property) ? $"{kind}; required"
            : standard is null || type.IsEnum ? kind
            : $"{kind}; {JsonSerializer.Serialize(standard, Experiment.Json)}";
    }

    private static IEnumerable<string> EnumNames(Type type) => Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName);

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Summary(Type type) => Text(s_docs[$"T:{type.FullName}"].Element("summary")!);

    private static string Describe(Type type, JsonPropertyInfo property)
    {
        string name = char.ToUpperInvariant(property.Name[0]) + property.Name[1..];
        if (s_docs[$"T:{type.FullName}"].Elements("param").FirstOrDefault(p => p.Attribute("name")!.Value == name) is { } parameter)
        {
            return Text(parameter);
        }

        for (Type? owner = type; owner is not null; owner = owner.BaseType)
        {
            if (s_docs.TryGetValue($"P:{owner.FullName}.{name}", out XElement? member) && member.Element("summary") is { } summary)
            {
                return Text(summary);
            }
        }

        throw new InvalidOperationException($"{type.Name}.{name} has no comment.");
    }

    /// <summary>A comment as text: a member that it names as JSON spells it.</summary>
    private static string Text(XElement comment)
    {
        var text = new StringBuilder();
        foreach (XNode node in comment.Nodes())
        {
            text.Append(
                node is XElement { Name.LocalName: "see" } see ? $"`{Spelled(see.Attribute("cref")!.Value.Split('.', ':')[^1])}`"
                : node is XElement { Name.LocalName: "c" or "paramref" } code
                    ? $"`{(code.Value.Length > 0 ? code.Value : code.Attribute("name")!.Value)}`"
                : node is XElement other ? other.Value
                : ((XText)node).Value
            );
        }

        return Blanks().Replace(text.ToString(), " ").Trim();
    }

    private static string Spelled(string member) =>
        Layer.Types.FirstOrDefault(t => t.Value.Name == member).Key ?? JsonNamingPolicy.CamelCase.ConvertName(member);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
