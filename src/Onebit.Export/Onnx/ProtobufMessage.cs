using Google.Protobuf;

namespace Onebit.Export;

/// <summary>One protocol buffers message, field by field.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<Action<CodedOutputStream>> _fields = [];

    internal ProtobufMessage Add(int field, long value) => Add(field, WireFormat.WireType.Varint, o => o.WriteInt64(value));

    internal ProtobufMessage Add(int field, float value) => Add(field, WireFormat.WireType.Fixed32, o => o.WriteFloat(value));

    internal ProtobufMessage Add(int field, string value) => Add(field, WireFormat.WireType.LengthDelimited, o => o.WriteString(value));

    internal ProtobufMessage Add(int field, ByteString value) => Add(field, WireFormat.WireType.LengthDelimited, o => o.WriteBytes(value));

    internal ProtobufMessage Add(int field, ProtobufMessage value) => Add(field, UnsafeByteOperations.UnsafeWrap(value.ToArray()));

    internal ProtobufMessage Add(int field, IEnumerable<ProtobufMessage> values)
    {
        foreach (ProtobufMessage value in values)
        {
            Add(field, value);
        }

        return this;
    }

    internal byte[] ToArray()
    {
        using var content = new MemoryStream();
        using (var output = new CodedOutputStream(content, leaveOpen: true))
        {
            foreach (Action<CodedOutputStream> field in _fields)
            {
                field(output);
            }
        }
        return content.ToArray();
    }

    private ProtobufMessage Add(int field, WireFormat.WireType type, Action<CodedOutputStream> write)
    {
        _fields.Add(output =>
        {
            output.WriteTag(field, type);
            write(output);
        });
        return this;
    }
}
