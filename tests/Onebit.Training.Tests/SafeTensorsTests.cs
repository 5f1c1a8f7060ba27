using System.Text;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("tensors.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = new()
        {
            ["float"] = tensor(new[] { 0f, -0f, 1.5f, float.MinValue, float.Epsilon, float.NaN }, [2, 3]),
            ["long"] = tensor(new[] { long.MinValue, -1, 0, long.MaxValue }, [4]),
            ["byte"] = tensor(new byte[] { 0, 1, 254, 255, 7 }, [5, 1, 1], ScalarType.Byte),
            ["scalar"] = tensor(2.5f),
            ["empty"] = zeros(3, 0, 2),
            ["transposed"] = arange(6, ScalarType.Float32).view(2, 3).t(),
            ["weight \"ä\""] = zeros(1, ScalarType.Int64),
        };
        SafeTensors.Save(Path, tensors, new Dictionary<string, string> { ["note"] = "two\n\"lines\"" });
        (IReadOnlyDictionary<string, Tensor> read, IReadOnlyDictionary<string, string> metadata) = SafeTensors.Load(Path);
        Assert.Equal(["note"], metadata.Keys);
        Assert.Equal("two\n\"lines\"", metadata["note"]);
        Assert.Equal(tensors.Keys.Order(), read.Keys.Order());
        foreach ((string name, Tensor tensor) in tensors)
        {
            Assert.Equal(tensor.dtype, read[name].dtype);
            Assert.Equal(tensor.shape, read[name].shape);
            Assert.Equal(tensor.contiguous().bytes.ToArray(), read[name].bytes.ToArray());
        }
    }

    [Fact]
    public void The_bytes_written_are_those_of_the_format()
    {
        using var scope = NewDisposeScope();
        SafeTensors.Save(
            Path,
            new Dictionary<string, Tensor> { ["a"] = tensor(new[] { 1f, -2f }), ["b"] = tensor(258L) },
            new Dictionary<string, string>()
        );
        const string Header =
            """{"__metadata__":{},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"""
            + "\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}}";
        Assert.Equal(
            File(Header.PadRight((Header.Length + 7) / 8 * 8), [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 2, 1, 0, 0, 0, 0, 0, 0]),
            System.IO.File.ReadAllBytes(Path)
        );
    }

    [Fact]
    public void A_file_written_by_hand_is_read()
    {
        using var scope = NewDisposeScope();
        (IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata) = Load(
            File(
                """{"z":{"dtype":"U8","shape":[2,1],"data_offsets":[4,6]},"y":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""",
                [0, 0, 0x20, 0xc1, 7, 9]
            )
        );
        Assert.Empty(metadata);
        Assert.Equal(-10, tensors["y"].ToSingle());
        Assert.Equal([2, 1], tensors["z"].shape);
        Assert.Equal([7, 9], tensors["z"].data<byte>().ToArray());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7)] // Missing bytes.
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9)] // Trailing bytes.
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12)] // A hole.
    // Overlaps.
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6)]
    [InlineData(
        """
            {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
            "c":{"dtype":"U8","shape":[4],"data_offsets":[8,12]}}
            """,
        12
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0)]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", 0)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8)]
    [InlineData("""{"a":null}""", 0)]
    [InlineData("""{"a":[]}""", 0)]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8)]
    [InlineData("""{"__metadata__":5}""", 0)]
    [InlineData("""{"__metadata__":{"a":{}}}""", 0)]
    [InlineData("[]", 0)]
    [InlineData("null", 0)]
    [InlineData("{\"", 0)]
    public void A_damaged_header_is_refused(string header, int bytes)
    {
        using var scope = NewDisposeScope();
        AssertNamed(Assert.Throws<InvalidDataException>(() => Load(File(header, new byte[bytes]))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    public void A_file_without_a_header_is_refused(int length) =>
        AssertNamed(Assert.Throws<InvalidDataException>(() => Load(new byte[length])));

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    [InlineData(int.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void A_header_that_reaches_beyond_the_file_is_refused(long length) =>
        AssertNamed(Assert.Throws<InvalidDataException>(() => Load([.. BitConverter.GetBytes(length), (byte)'{', (byte)'}'])));

    [Fact]
    public void Files_changed_at_random_are_refused_or_read()
    {
        byte[] Original()
        {
            using var scope = NewDisposeScope();
            SafeTensors.Save(
                Path,
                new Dictionary<string, Tensor>
                {
                    ["w"] = ones(2, 3),
                    ["n"] = zeros(2, 0, ScalarType.Int64),
                    ["b"] = zeros(5, ScalarType.Byte),
                },
                new Dictionary<string, string> { ["k"] = "v" }
            );
            return System.IO.File.ReadAllBytes(Path);
        }

        byte[] original = Original();
        // Mostly digits and structure into the header, the rest anything anywhere.
        Gen<byte> value = Gen.Frequency((3, Gen.Char["0123456789-.eE[]{}\",:U8F32I64 "].Select(c => (byte)c)), (1, Gen.Byte));
        Gen<Func<byte[], byte[]>> change = Gen.Select(Gen.Int[0, original.Length], Gen.Int[0, 9], value.Array[0, 3])
            .Select(
                (at, removed, added) =>
                    new Func<byte[], byte[]>(file =>
                        [.. file.Take(at), .. added, .. file.Skip(at + (removed <= 3 ? removed : added.Length))]
                    )
            );
        int read = 0,
            refused = 0;
        Gen.Select(change.Array[1, 2], Gen.Bool)
            .Sample(
                (changes, mended) =>
                {
                    byte[] file = changes.Aggregate(original, (bytes, next) => next(bytes));
                    // Half of the time the length of the header is mended, so that what is inside counts.
                    if (mended && file.Length > original.Length / 2)
                    {
                        BitConverter.TryWriteBytes(file, BitConverter.ToInt64(original) + file.Length - original.Length);
                    }

                    using var scope = NewDisposeScope();
                    try
                    {
                        Load(file);
                        read++;
                    }
                    catch (InvalidDataException)
                    {
                        refused++;
                    }
                },
                iter: 2_000,
                threads: 1
            );
        // Otherwise the changes are too weak or too strong to say anything.
        Assert.InRange(read, 100, 1_900);
        Assert.InRange(refused, 100, 1_900);
    }

    private static byte[] File(string header, byte[] data) =>
        [.. BitConverter.GetBytes((long)header.Length), .. Encoding.ASCII.GetBytes(header), .. data];

    private (IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Load(byte[] file)
    {
        System.IO.File.WriteAllBytes(Path, file);
        return SafeTensors.Load(Path);
    }

    private void AssertNamed(InvalidDataException e)
    {
        Assert.StartsWith($"'{Path}'", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
    }
}
