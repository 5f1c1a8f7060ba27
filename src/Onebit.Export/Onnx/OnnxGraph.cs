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
    private const int TypeInt = 2,
        TypeString = 3,
        TypeInts = 7; // AttributeProto.AttributeType

    private readonly List<ProtobufMessage> _nodes = [],
        _constants = [];

    /// <summary>TensorProto.DataType of an element.</summary>
    private static int DataType<T>() =>
        default(T) switch
        {
            float => 1,
            byte => 2,
            sbyte => 3,
            int => 6,
            _ => 7,
        };

    /// <summary>Adds a constant.</summary>
    /// <param name="dimensions">None: a single number.</param>
    /// <param name="values">As many as the dimensions say: float, byte, sbyte, int or long.</param>
    /// <returns>Its name.</returns>
    internal string Constant<T>(ReadOnlySpan<int> dimensions, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        string name = $"c{_constants.Count}";
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
    /// <param name="attributes">Each an <c>int</c>, an array of them or a <c>string</c>.</param>
    /// <param name="domain">Whose operator it is; empty: ONNX's.</param>
    /// <returns>The output's name.</returns>
    internal string Node(
        string operation,
        string[] inputs,
        IReadOnlyList<(string Name, object Value)>? attributes = null,
        string domain = ""
    )
    {
        string name = $"n{_nodes.Count}";
        var node = new ProtobufMessage();
        foreach (string input in inputs)
        {
            node.Add(1, input);
        }

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

    /// <summary>The model's file.</summary>
    /// <param name="input">Name of the input, elements of type <typeparamref name="T"/>, images x the shape.</param>
    /// <param name="shape">Of an image.</param>
    /// <param name="output">The node whose output is the model's: float32, images x classes.</param>
    /// <param name="classes">Number of classes.</param>
    internal byte[] ToModel<T>(string input, Shape shape, string output, int classes)
    {
        ProtobufMessage graph = new ProtobufMessage()
            .Add(1, _nodes)
            .Add(2, "onebit float graph")
            .Add(5, _constants)
            .Add(11, Value(input, DataType<T>(), shape.Channels, shape.Height, shape.Width))
            .Add(12, Value(output, DataType<float>(), classes));
        return new ProtobufMessage()
            .Add(1, IntermediateVersion)
            .Add(2, "onebit")
            .Add(7, graph)
            .Add(8, new ProtobufMessage().Add(1, "").Add(2, OperatorSet))
            .Add(8, new ProtobufMessage().Add(1, Microsoft).Add(2, 1))
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
