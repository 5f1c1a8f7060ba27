using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;

namespace Onebit.Datasets;

/// <summary>Data sets that are fetched as their authors publish them, and made into IDX files.</summary>
internal static class PublishedSets
{
    private static readonly string[] s_train = [DatasetSource.TrainImages, DatasetSource.TrainLabels],
        s_test = [DatasetSource.TestImages, DatasetSource.TestLabels];

    /// <summary>Cursive Japanese (Clanuwat et al. 2018). Checksums: torchvision's.</summary>
    public static DatasetSource Kmnist(string folder) =>
        new("kmnist", folder, new Dictionary<string, string>(), [])
        {
            ClassNames = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
            Published =
            [
                Kmnist(folder, DatasetSource.TrainImages, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
                Kmnist(folder, DatasetSource.TrainLabels, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
                Kmnist(folder, DatasetSource.TestImages, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
                Kmnist(folder, DatasetSource.TestLabels, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
            ],
        };

    private static PublishedFile Kmnist(string folder, string file, string sha256) =>
        new(
            Path.Combine(folder, "published", file + ".gz"),
            sha256,
            [
                new Uri($"https://codh.rois.ac.jp/kmnist/dataset/kmnist/{file}.gz"),
                new Uri($"http://codh.rois.ac.jp/kmnist/dataset/kmnist/{file}.gz"),
            ],
            [file],
            stream => [IdxArray.Read(stream, file, IsImages(file))]
        );

    /// <summary>MNIST made anew, with all 60,000 test images (Yadav and Bottou 2019). Checksums: torchvision's.</summary>
    public static DatasetSource Qmnist(string folder) =>
        new("qmnist", folder, new Dictionary<string, string>(), [])
        {
            Preparation = ImagePreparation.Digits,
            Published =
            [
                Qmnist(folder, "train-images-idx3-ubyte", "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d", s_train[0]),
                Qmnist(folder, "train-labels-idx2-int", "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f", s_train[1]),
                Qmnist(folder, "test-images-idx3-ubyte", "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375", s_test[0]),
                Qmnist(folder, "test-labels-idx2-int", "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06", s_test[1]),
            ],
        };

    private static PublishedFile Qmnist(string folder, string name, string sha256, string file) =>
        new(
            Path.Combine(folder, "published", $"qmnist-{name}.gz"),
            sha256,
            [new Uri($"https://raw.githubusercontent.com/facebookresearch/qmnist/master/qmnist-{name}.gz")],
            [file],
            stream => [IsImages(file) ? IdxArray.Read(stream, name, images: true) : FirstColumn(stream)]
        );

    /// <summary>Letters and digits (Cohen et al. 2017). The checksum is the MD5 that torchvision gives; no SHA-256 is published.</summary>
    /// <param name="folder">Where the archive lies, which all splits share.</param>
    /// <param name="split">One of the six.</param>
    public static DatasetSource Emnist(string folder, string split)
    {
        const string Digits = "0123456789",
            Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        string classes = split switch
        {
            "byclass" => Digits + Letters + Letters.ToLowerInvariant(),
            // Lower-case letters that look like capitals are one class with them.
            "balanced" or "bymerge" => Digits + Letters + "abdefghnqrt",
            "letters" => Letters,
            _ => Digits,
        };
        return new DatasetSource($"emnist-{split}", Path.Combine(folder, split), new Dictionary<string, string>(), [])
        {
            ClassNames = split is "digits" or "mnist" ? null : [.. classes.Select(c => $"{c}")],
            Published =
            [
                new PublishedFile(
                    Path.Combine(folder, "gzip.zip"),
                    "58c8d27c78d21e728a6bc7b3cc06412e",
                    [new Uri("https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip")],
                    [.. s_train, .. s_test],
                    stream => EmnistArrays(stream, split)
                ),
            ],
        };
    }

    /// <summary>Colour photographs, 32 x 32 (Krizhevsky 2009). The authors publish an MD5; the SHA-256 is of the same archive.</summary>
    public static DatasetSource Cifar10(string folder) =>
        new("cifar-10", folder, new Dictionary<string, string>(), [])
        {
            Preparation = ImagePreparation.Scaled,
            ClassNames = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
            Published =
            [
                new PublishedFile(
                    Path.Combine(folder, "cifar-10-binary.tar.gz"),
                    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                    [new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz")],
                    [.. s_train, .. s_test],
                    Cifar10Arrays
                ),
            ],
        };

    private static bool IsImages(string file) => file.Contains("images", StringComparison.Ordinal);

    /// <summary>An IDX file of 32-bit integers, count x columns, whose first column is the class.</summary>
    private static IdxArray FirstColumn(Stream stream)
    {
        using var unzipped = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true))
        {
            gzip.CopyTo(unzipped);
        }

        ReadOnlySpan<byte> file = unzipped.GetBuffer().AsSpan(0, (int)unzipped.Length);
        int count = BinaryPrimitives.ReadInt32BigEndian(file[4..]),
            columns = BinaryPrimitives.ReadInt32BigEndian(file[8..]);
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++)
        {
            labels[i] = (byte)BinaryPrimitives.ReadInt32BigEndian(file[(12 + 4 * i * columns)..]);
        }

        return new IdxArray(labels, count);
    }

    private static IEnumerable<IdxArray> EmnistArrays(Stream stream, string split)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        foreach (string part in new[] { "train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1" })
        {
            string name = $"gzip/emnist-{split}-{part}-ubyte.gz";
            using var zipped = new MemoryStream();
            using (Stream entry = archive.GetEntry(name)!.Open())
            {
                entry.CopyTo(zipped);
            }

            zipped.Position = 0;
            IdxArray array = IdxArray.Read(zipped, name, IsImages(part));
            byte[] elements = array.Elements.ToArray();
            if (IsImages(part))
            {
                Transpose(elements, array.Sizes[2]);
            }
            else if (split == "letters")
            {
                // They count from 1.
                elements = Array.ConvertAll(elements, label => (byte)(label - 1));
            }

            yield return new IdxArray(elements, [.. array.Sizes]);
        }
    }

    /// <summary>Square images, whose rows are stored as columns.</summary>
    private static void Transpose(byte[] images, int side)
    {
        for (int image = 0; image < images.Length; image += side * side)
        {
            for (int y = 0; y < side; y++)
            {
                for (int x = 0; x < y; x++)
                {
                    (int a, int b) = (image + y * side + x, image + x * side + y);
                    (images[a], images[b]) = (images[b], images[a]);
                }
            }
        }
    }

    /// <summary>Records of one label and 3 x 32 x 32 pixels, in five files for training and one for the test.</summary>
    private static IdxArray[] Cifar10Arrays(Stream stream)
    {
        const int Pixels = 3 * 32 * 32;
        var batches = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        using var unzipped = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        using var archive = new TarReader(unzipped);
        while (archive.GetNextEntry() is { } entry)
        {
            if (entry.Name.EndsWith(".bin", StringComparison.Ordinal) && entry.DataStream is { } data)
            {
                using var content = new MemoryStream();
                data.CopyTo(content);
                batches[Path.GetFileName(entry.Name)] = content.ToArray();
            }
        }

        IdxArray[] Part(string prefix)
        {
            byte[][] records =
            [
                .. batches.Where(b => b.Key.StartsWith(prefix, StringComparison.Ordinal)).SelectMany(b => b.Value.Chunk(1 + Pixels)),
            ];
            return
            [
                new IdxArray(records.SelectMany(r => r[1..]).ToArray(), records.Length, 3, 32, 32),
                new IdxArray(Array.ConvertAll(records, r => r[0]), records.Length),
            ];
        }

        return [.. Part("data_batch_"), .. Part("test_batch")];
    }
}
