using System.Security.Cryptography;

namespace Onebit.Datasets;

/// <summary>A file of a data set as its authors publish it.</summary>
/// <param name="Path">Where it lies once it is fetched.</param>
/// <param name="Checksum">SHA-256 of the file itself, or MD5 where no other is published, in lower-case hexadecimal.</param>
/// <param name="Addresses">Where it is fetched from.</param>
/// <param name="Makes">Canonical names of the IDX files that are made of it.</param>
/// <param name="Read">The arrays of these files, in their order. The file is the original one.</param>
internal sealed record PublishedFile(
    string Path,
    string Checksum,
    IReadOnlyList<Uri> Addresses,
    IReadOnlyList<string> Makes,
    Func<Stream, IEnumerable<IdxArray>> Read
)
{
    private const int Md5Digits = 32;

    /// <summary>Checks the file and writes the IDX files.</summary>
    /// <exception cref="DatasetException">It is not the original file, or they cannot be written.</exception>
    public void WriteIdx(string folder)
    {
        using FileStream stream = InputFile.Open(Path);
        using IncrementalHash hash = Hash();
        byte[] piece = new byte[1 << 16];
        while (stream.Read(piece) is > 0 and var length)
        {
            hash.AppendData(piece, 0, length);
        }

        Require(hash);
        stream.Position = 0;
        foreach ((string file, IdxArray array) in Makes.Zip(Read(stream)))
        {
            IdxFile.SaveArray(array, System.IO.Path.Combine(folder, file + ".gz"));
        }
    }

    /// <summary>A hash of the kind that the checksum is.</summary>
    public IncrementalHash Hash() =>
        IncrementalHash.CreateHash(Checksum.Length == Md5Digits ? HashAlgorithmName.MD5 : HashAlgorithmName.SHA256);

    /// <exception cref="DatasetException">The hash of the file is another.</exception>
    public void Require(IncrementalHash hash)
    {
        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (found != Checksum)
        {
            throw new DatasetException(
                $"{Path} is not the original file: its checksum is {found} and not {Checksum}; delete it, and it is fetched again."
            );
        }
    }
}
