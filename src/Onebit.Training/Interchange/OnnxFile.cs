using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Onebit.Training;

/// <summary>What a node of an ONNX graph gives: a constant, or a value that depends on the image.</summary>
internal abstract record OnnxValue;

/// <summary>A constant of an ONNX file.</summary>
/// <param name="Dimensions">None: a single number.</param>
/// <param name="Values">As many as the dimensions say.</param>
internal sealed record OnnxTensor(int[] Dimensions, double[] Values) : OnnxValue;

/// <summary>A node of an ONNX file. An attribute is a <c>long</c>, a <c>double</c>, a <c>string</c>, a <c>long[]</c> or a tensor.</summary>
internal sealed record OnnxNode(
    string Name,
    string Operation,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, object> Attributes
);

/// <summary>What an ONNX file holds, as far as networks of few bits need it. Numbers of fields are those of onnx.proto.</summary>
internal sealed class OnnxFile
{
    private const string Damaged = "The file is no ONNX file, or it is damaged.";

    private OnnxFile() { }

    /// <summary>The nodes in their order.</summary>
    internal List<OnnxNode> Nodes { get; } = [];

    /// <summary>Constants by name.</summary>
    internal Dictionary<string, OnnxTensor> Constants { get; } = [];

    /// <summary>Inputs by name; a dimension that is free is 0.</summary>
    internal List<(string Name, long[] Dimensions)> Inputs { get; } = [];

    /// <summary>Free text by name.</summary>
    internal Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Names of the outputs.</summary>
    internal List<string> Outputs { get; } = [];

    /// <summary>Reads a file. Every length is checked against the bytes, so memory is some times the size of the file.</summary>
    /// <exception cref="InvalidDataException">It is no ONNX file.</exception>
    internal static OnnxFile Read(byte[] bytes)
    {
        var file = new OnnxFile();
        try
        {
            foreach (Field model in Fields(bytes))
            {
                if (model.Number == 7)
                {
                    file.ReadGraph(model.Bytes);
                }
                else if (model.Number == 14)
                {
                    ILookup<int, string> entry = Fields(model.Bytes).ToLookup(f => f.Number, f => f.Text);
                    file.Metadata[entry[1].LastOrDefault("")] = entry[2].LastOrDefault("");
                }
            }
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or OverflowException or ArgumentException)
        {
            throw new InvalidDataException(Damaged, e);
        }

        return file.Nodes.Count > 0 ? file : throw new InvalidDataException(Damaged);
    }

    private void ReadGraph(byte[] bytes)
    {
        foreach (Field field in Fields(bytes))
        {
            switch (field.Number)
            {
                case 1:
                    Nodes.Add(ReadNode(field.Bytes));
                    break;
                case 5:
                    (string name, OnnxTensor tensor) = ReadTensor(field.Bytes);
                    Constants[name] = tensor;
                    break;
                case 11:
                    Inputs.Add(ReadInput(field.Bytes));
                    break;
                case 12:
                    Outputs.Add(ReadInput(field.Bytes).Name);
                    break;
            }
        }
    }

    private static OnnxNode ReadNode(byte[] bytes)
    {
        List<string> inputs = [],
            outputs = [];
        string name = "",
            operation = "";
        var attributes = new Dictionary<string, object>();
        foreach (Field field in Fields(bytes))
        {
            switch (field.Number)
            {
                case 1:
                    inputs.Add(field.Text);
                    break;
                case 2:
                    outputs.Add(field.Text);
                    break;
                case 3:
                    name = field.Text;
                    break;
                case 4:
                    operation = field.Text;
                    break;
                case 5:
                    ReadAttribute(field.Bytes, attributes);
                    break;
            }
        }

        return new OnnxNode(name, operation, inputs, outputs, attributes);
    }

    private static void ReadAttribute(byte[] bytes, Dictionary<string, object> attributes)
    {
        string name = "";
        object? value = null;
        List<long> numbers = [];
        foreach (Field field in Fields(bytes))
        {
            switch (field.Number)
            {
                case 1:
                    name = field.Text;
                    break;
                case 2:
                    value = (double)BitConverter.ToSingle(field.Bytes);
                    break;
                case 3:
                    value = field.Value;
                    break;
                case 4:
                    value = field.Text;
                    break;
                case 5:
                    value = ReadTensor(field.Bytes).Tensor;
                    break;
                case 8:
                    numbers.AddRange(field.Varints);
                    break;
            }
        }

        attributes[name] = value ?? numbers.ToArray();
    }

    private static (string Name, OnnxTensor Tensor) ReadTensor(byte[] bytes)
    {
        List<long> dimensions = [];
        List<double> values = [];
        byte[] raw = [];
        long type = 0;
        string name = "";
        foreach (Field field in Fields(bytes))
        {
            switch (field.Number)
            {
                case 1:
                    dimensions.AddRange(field.Varints);
                    break;
                case 2:
                    type = field.Value;
                    break;
                case 4:
                    values.AddRange(MemoryMarshal.Cast<byte, float>(field.Bytes).ToArray().Select(v => (double)v));
                    break;
                case 5 or 7:
                    values.AddRange(field.Varints.Select(v => (double)v));
                    break;
                case 8:
                    name = field.Text;
                    break;
                case 9:
                    raw = field.Bytes;
                    break;
                case 10:
                    values.AddRange(MemoryMarshal.Cast<byte, double>(field.Bytes));
                    break;
            }
        }

        double[] all = raw.Length > 0 ? Raw(type, raw) : [.. values];
        long count = dimensions.Aggregate(1L, (product, side) => side < 0 ? throw new OverflowException() : checked(product * side));
        return count == all.Length && all.All(double.IsFinite)
            ? (name, new OnnxTensor([.. dimensions.Select(d => (int)d)], all))
            : throw new OverflowException();
    }

    private static double[] Raw(long type, byte[] raw) =>
        type switch
        {
            1 => [.. MemoryMarshal.Cast<byte, float>(raw).ToArray().Select(v => (double)v)],
            2 or 9 => Array.ConvertAll(raw, v => (double)v),
            3 => Array.ConvertAll(raw, v => (double)(sbyte)v),
            6 => [.. MemoryMarshal.Cast<byte, int>(raw).ToArray().Select(v => (double)v)],
            7 => [.. MemoryMarshal.Cast<byte, long>(raw).ToArray().Select(v => (double)v)],
            11 => MemoryMarshal.Cast<byte, double>(raw).ToArray(),
            _ => throw new OverflowException(),
        };

    private static (string Name, long[] Dimensions) ReadInput(byte[] bytes)
    {
        string name = "";
        List<long> dimensions = [];
        foreach (Field field in Fields(bytes))
        {
            if (field.Number == 1)
            {
                name = field.Text;
            }
            else if (field.Number == 2)
            {
                IEnumerable<Field> shape = Fields(field.Bytes)
                    .Where(f => f.Number == 1)
                    .SelectMany(f => Fields(f.Bytes))
                    .Where(f => f.Number == 2);
                dimensions.AddRange(
                    shape
                        .SelectMany(f => Fields(f.Bytes))
                        .Where(f => f.Number == 1)
                        .Select(f => Fields(f.Bytes).Where(d => d.Number == 1).Select(d => d.Value).FirstOrDefault())
                );
            }
        }

        return (name, [.. dimensions]);
    }

    private static List<Field> Fields(byte[] message)
    {
        var fields = new List<Field>();
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and > 0)
        {
            int number = WireFormat.GetTagFieldNumber(tag);
            fields.Add(
                WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.Varint => new Field(number, input.ReadInt64(), []),
                    WireFormat.WireType.Fixed32 => new Field(number, 0, BitConverter.GetBytes(input.ReadFixed32())),
                    WireFormat.WireType.Fixed64 => new Field(number, 0, BitConverter.GetBytes(input.ReadFixed64())),
                    WireFormat.WireType.LengthDelimited => new Field(number, 0, input.ReadBytes().ToByteArray()),
                    _ => throw new OverflowException(),
                }
            );
        }

        return fields;
    }

    private readonly record struct Field(int Number, long Value, byte[] Bytes)
    {
        internal string Text => System.Text.Encoding.UTF8.GetString(Bytes);

        /// <summary>One number, or packed ones.</summary>
        internal List<long> Varints
        {
            get
            {
                if (Bytes.Length == 0)
                {
                    return [Value];
                }

                var numbers = new List<long>();
                using var input = new CodedInputStream(Bytes);
                while (!input.IsAtEnd)
                {
                    numbers.Add(input.ReadInt64());
                }

                return numbers;
            }
        }
    }
}
