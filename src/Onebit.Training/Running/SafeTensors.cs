using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Onebit.Export;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Tensors in safetensors files, see <see cref="SafeTensorsFile"/>: trained weights, which other tools can open, and checkpoints.
/// </summary>
public static class SafeTensors
{
    private const int MaxHeaderLength = 10_000_000;

    /// <summary>Writes tensors beside the target, then renames, so that the file is whole or not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">float32, int64 or uint8 tensors by name.</param>
    /// <param name="metadata">Free text by name.</param>
    public static void Save(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        AtomicFile.Write(
            path,
            stream =>
                SafeTensorsFile.Write(
                    stream,
                    [
                        .. tensors.Select(t => new SafeTensor(
                            t.Key,
                            TypeName(t.Value.dtype),
                            t.Value.shape,
                            t.Value.numel() * t.Value.element_size(),
                            to =>
                            {
                                using Tensor flat = t.Value.detach().contiguous();
                                to.Write(flat.bytes);
                            }
                        )),
                    ],
                    metadata
                )
        );
    }

    /// <summary>Reads all tensors. The caller disposes them, or calls this inside a dispose scope.</summary>
    /// <exception cref="InvalidDataException">The file is no safetensors file, or one of other types; names the file.</exception>
    /// <exception cref="IOException">It is no regular file, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public static (IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Load(string path)
    {
        byte[] file = InputFile.ReadBytes(path);
        long headerLength = file.Length >= 8 ? BinaryPrimitives.ReadInt64LittleEndian(file) : -1;
        if (headerLength is < 2 or > MaxHeaderLength || headerLength > file.Length - 8)
        {
            throw new InvalidDataException($"'{path}' is no safetensors file: its header length is wrong.");
        }

        var tensors = new Dictionary<string, Tensor>();
        var places = new List<(long Start, long End)>();
        try
        {
            JsonObject header = JsonNode.Parse(file.AsSpan(8, (int)headerLength))!.AsObject();
            Dictionary<string, string> metadata = header["__metadata__"].Deserialize<Dictionary<string, string>>() ?? [];
            ReadOnlySpan<byte> data = file.AsSpan(8 + (int)headerLength);
            foreach ((string name, JsonNode? entry) in header.Where(p => p.Key != "__metadata__"))
            {
                ScalarType type = TypeOf((string)entry!["dtype"]!);
                long[] shape = entry["shape"].Deserialize<long[]>()!;
                long[] offsets = entry["data_offsets"].Deserialize<long[]>()!;
                long bytes = checked(
                    shape.Aggregate(
                        type switch
                        {
                            ScalarType.Float32 => 4L,
                            ScalarType.Int64 => 8,
                            _ => 1,
                        },
                        (product, side) => side < 0 ? throw new FormatException() : checked(product * side)
                    )
                );
                if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] > data.Length || offsets[1] - offsets[0] != bytes)
                {
                    throw new FormatException($"the data of '{name}' lies outside the file");
                }

                Tensor tensor = empty(shape, type);
                data.Slice((int)offsets[0], (int)bytes).CopyTo(tensor.bytes);
                tensors.Add(name, tensor);
                places.Add((offsets[0], offsets[1]));
            }
            long end = 0;
            foreach ((long start, long next) in places.Order())
            {
                end = start == end ? next : throw new FormatException("tensors overlap or leave a hole");
            }

            if (end != data.Length)
            {
                throw new FormatException("there are bytes behind the last tensor");
            }

            return (tensors, metadata);
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or FormatException
                        or InvalidOperationException
                        or OverflowException
                        or NullReferenceException
                        or ArgumentException
                        or ExternalException
            )
        {
            throw new InvalidDataException($"'{path}' is no safetensors file: its header is damaged.", e);
        }
    }

    private static string TypeName(ScalarType type) =>
        type switch
        {
            ScalarType.Float32 => "F32",
            ScalarType.Int64 => "I64",
            ScalarType.Byte => "U8",
            _ => throw new ArgumentException($"Tensors of type {type} are not written."),
        };

    private static ScalarType TypeOf(string name) =>
        name switch
        {
            "F32" => ScalarType.Float32,
            "I64" => ScalarType.Int64,
            "U8" => ScalarType.Byte,
            _ => throw new FormatException($"type {name}"),
        };
}
