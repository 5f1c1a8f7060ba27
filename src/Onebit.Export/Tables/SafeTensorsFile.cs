using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Onebit.Export;

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Of an element: F32, I64, I32 or U8.</param>
/// <param name="Shape">Its dimensions, the last one the fastest.</param>
/// <param name="ByteCount">The bytes that <paramref name="Write"/> writes.</param>
/// <param name="Write">Writes the elements, little-endian.</param>
public sealed record SafeTensor(string Name, string Type, IReadOnlyList<long> Shape, long ByteCount, Action<Stream> Write);

/// <summary>
/// The safetensors format (huggingface/safetensors, "Format"): 8 bytes length, a JSON header, raw little-endian data.
/// </summary>
public static class SafeTensorsFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="stream">Receives it.</param>
    /// <param name="tensors">The tensors; their data follow one another in this order.</param>
    /// <param name="metadata">Free text by name.</param>
    public static void Write(Stream stream, IReadOnlyCollection<SafeTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        var header = new JsonObject { ["__metadata__"] = JsonSerializer.SerializeToNode(metadata) };
        long end = 0;
        foreach (SafeTensor tensor in tensors)
        {
            long start = end;
            end += tensor.ByteCount;
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = tensor.Type,
                ["shape"] = JsonSerializer.SerializeToNode(tensor.Shape),
                ["data_offsets"] = new JsonArray(start, end),
            };
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        int padded = (json.Length + 7) / 8 * 8;
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, padded);
        stream.Write(length);
        stream.Write(json);
        stream.Write([.. Enumerable.Repeat((byte)' ', padded - json.Length)]);
        foreach (SafeTensor tensor in tensors)
        {
            tensor.Write(stream);
        }
    }
}
