using System.Reflection;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Onebit.Export;

/// <summary>The nodes and constants of an ONNX model, written as they come. Numbers of fields are those of onnx.proto.</summary>
internal sealed class OnnxGraph
{
    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    internal const string Microsoft = "com.microsoft";

    private const int IntermediateVersion = 8; // With operator set 17: ONNX 1.12, ONNX Runtime 1.12 and later.
    private const int OperatorSet = 17;
    private const int TypeFloat = 1,
        TypeInt = 2,
        TypeString = 3,
        TypeInts = 7; // AttributeProto.AttributeType

    private readonly List<ProtobufMessage> _nodes = [],
        _constants = [],
        _outputs = [];
    private readonly SortedSet<string> _domains = new(StringComparer.Ordinal) { "" };

    /// <summary>TensorProto.DataType of an element.</summary>
    internal static int DataType<T>() =>
        default(T) switch
        {
            float => 1,
            byte => 2,
            sbyte => 3,
            int => 6,
            long => 7,
            bool => 9,
            double => 11,
            _ => throw new NotSupportedException($"ONNX files have no {typeof(T).Name} here."),
        };

    /// <summary>Adds a constant.</summary>
    /// <param name="dimensions">None: a single number.</param>
    /// <param name="values">As many as the dimensions say: float, double, byte, sbyte, int, long or bool.</param>
    /// <param name="name">Its name; null: a new one.</param>
    /// <returns>Its name.</returns>
    internal string Constant<T>(ReadOnlySpan<int> dimensions, ReadOnlySpan<T> values, string? name = null)
        where T : unmanaged
    {
        name ??= $"c{_constants.Count}";
        var tensor = new ProtobufMessage();
        foreach (int dimension in dimensions)
        {
            tensor.Add(1, dimension);
        }

        _constants.Add(tensor.Add(2, DataType<T>()).Add(8, name).Add(9, ByteString.CopyFrom(MemoryMarshal.AsBytes(values))));
        return name;
    }

    /// <summary>Adds a constant that is one number.</summary>
    /// <returns>Its name.</returns>
    internal string Constant<T>(T value)
        where T : unmanaged => Constant([], new ReadOnlySpan<T>(in value));

    /// <summary>Adds a node with one output.</summary>
    /// <param name="operation">The operator's name.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="attributes">Each an <c>int</c>, an array of them, a <c>float</c> or a <c>string</c>.</param>
    /// <param name="domain">Whose operator it is; empty: ONNX's.</param>
    /// <param name="output">The output's name; null: a new one.</param>
    /// <param name="ignored">How many outputs the node has before this one.</param>
    /// <returns>The output's name.</returns>
    internal string Node(
        string operation,
        string[] inputs,
        IReadOnlyList<(string Name, object Value)>? attributes = null,
        string domain = "",
        string? output = null,
        int ignored = 0
    )
    {
        string name = output ?? $"n{_nodes.Count}";
        var node = new ProtobufMessage();
        foreach (string input in inputs)
        {
            node.Add(1, input);
        }

        for (int i = 0; i < ignored; i++)
        {
            node.Add(2, $"{name}_{i}");
        }

        _domains.Add(domain);
        node.Add(2, name).Add(3, name).Add(4, operation);
        foreach ((string key, object value) in attributes ?? [])
        {
            ProtobufMessage attribute = new ProtobufMessage().Add(1, key);
            if (value is int[] numbers)
            {
                foreach (int number in numbers)
                {
                    attribute.Add(8, number);
                }

                attribute.Add(20, TypeInts);
            }
            else if (value is float real)
            {
                attribute.Add(2, real).Add(20, TypeFloat);
            }
            else if (value is string text)
            {
                attribute.Add(4, text).Add(20, TypeString);
            }
            else
            {
                attribute.Add(3, (int)value).Add(20, TypeInt);
            }
            node.Add(5, attribute);
        }
        _nodes.Add(node.Add(7, domain));
        return name;
    }

    /// <summary>Adds a transposition.</summary>
    /// <returns>The output's name.</returns>
    internal string Transpose(string input, params int[] order) => Node("Transpose", [input], [("perm", order)]);

    /// <summary>Makes a node's output one of the model's, images x the dimensions.</summary>
    internal void Output<T>(string name, params int[] dimensions) => _outputs.Add(Value(name, DataType<T>(), dimensions));

    /// <summary>The model's file.</summary>
    /// <param name="input">Name of the input, elements of type <typeparamref name="T"/>, images x the shape.</param>
    /// <param name="shape">Of an image.</param>
    /// <param name="graphName">The name of the graph.</param>
    /// <param name="description">What a person should know; may be empty.</param>
    /// <param name="metadata">What a program should know.</param>
    internal byte[] ToModel<T>(
        string input,
        Shape shape,
        string graphName,
        string description = "",
        IEnumerable<(string Key, string Value)>? metadata = null
    )
    {
        ProtobufMessage graph = new ProtobufMessage()
            .Add(1, _nodes)
            .Add(2, graphName)
            .Add(5, _constants)
            .Add(11, Value(input, DataType<T>(), shape.Channels, shape.Height, shape.Width))
            .Add(12, _outputs);
        return new ProtobufMessage()
            .Add(1, IntermediateVersion)
            .Add(2, "onebit")
            .Add(
                3,
                typeof(OnnxGraph).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]
            )
            .Add(6, description)
            .Add(7, graph)
            .Add(8, _domains.Select(d => new ProtobufMessage().Add(1, d).Add(2, d.Length == 0 ? OperatorSet : 1)))
            .Add(14, (metadata ?? []).Select(m => new ProtobufMessage().Add(1, m.Key).Add(2, m.Value)))
            .ToArray();
    }

    private static ProtobufMessage Value(string name, int type, params int[] dimensions)
    {
        ProtobufMessage shape = new ProtobufMessage().Add(1, new ProtobufMessage().Add(2, "N"));
        foreach (int dimension in dimensions)
        {
            shape.Add(1, new ProtobufMessage().Add(1, dimension));
        }

        return new ProtobufMessage().Add(1, name).Add(2, new ProtobufMessage().Add(1, new ProtobufMessage().Add(1, type).Add(2, shape)));
    }
}
