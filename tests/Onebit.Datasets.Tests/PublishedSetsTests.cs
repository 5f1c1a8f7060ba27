using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;

namespace Onebit.Datasets.Tests;

/// <summary>Data sets in the formats of their authors, as small files. Fetching the real ones is not tested.</summary>
public class PublishedSetsTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Kmnist_is_four_zipped_files()
    {
        using var folder = new TemporaryFolder();
        Small small = Of(PublishedSets.Kmnist(folder.File("kmnist")), Kuzushiji);
        Dataset set = small.Load();
        Assert.Equal((6, 2, 10, "wo"), (set.AllTrain.Count, set.Test.Count, set.ClassCount, set.ClassNames[9]));
        Assert.Equal([100, 101, 102, 103, 104, 105], set.Test.Image(0).ToArray());
        // From now on without its published files.
        Directory.Delete(folder.File("kmnist/published"), recursive: true);
        Assert.Equal(set.Sha256, small.Load().Sha256);
    }

    [Fact]
    public void Qmnist_has_labels_of_eight_numbers()
    {
        using var folder = new TemporaryFolder();
        Dataset set = Of(
                PublishedSets.Qmnist(folder.Path),
                file =>
                    Path.GetFileName(file.Path) switch
                    {
                        "qmnist-train-images-idx3-ubyte.gz" => Idx.Gzip(Idx.Images(3)),
                        "qmnist-train-labels-idx2-int.gz" => Idx.Gzip(Extended(9, 0, 3)),
                        "qmnist-test-images-idx3-ubyte.gz" => Idx.Gzip(Idx.Images(2, first: 50)),
                        _ => Idx.Gzip(Extended(7, 1)),
                    }
            )
            .Load();
        Assert.Equal([9, 0, 3], set.AllTrain.Labels.ToArray());
        Assert.Equal([7, 1], set.Test.Labels.ToArray());
        Assert.Equal(50, set.Test.Image(0)[0]);
    }

    [Theory]
    [InlineData("letters", "A", 1, 26)]
    [InlineData("balanced", "0", 0, 47)]
    [InlineData("byclass", "0", 0, 62)]
    [InlineData("digits", "0", 0, 10)]
    public void Emnist_is_a_zip_of_zipped_files_with_transposed_images(string split, string firstName, byte firstLabel, int classes)
    {
        using var folder = new TemporaryFolder();
        byte last = (byte)(classes - 1 + firstLabel);
        byte[] zip = Zip(
            ($"gzip/emnist-{split}-train-images-idx3-ubyte.gz", Idx.Gzip(Idx.Images(2, 3, 3))),
            ($"gzip/emnist-{split}-train-labels-idx1-ubyte.gz", Idx.Gzip(Idx.Labels(firstLabel, last))),
            ($"gzip/emnist-{split}-test-images-idx3-ubyte.gz", Idx.Gzip(Idx.Images(1, 3, 3, first: 9))),
            ($"gzip/emnist-{split}-test-labels-idx1-ubyte.gz", Idx.Gzip(Idx.Labels(last))),
            ($"gzip/emnist-{split}-mapping.txt", [])
        );
        Dataset set = Of(PublishedSets.Emnist(folder.Path, split), _ => zip).Load();
        Assert.Equal([0, 3, 6, 1, 4, 7, 2, 5, 8], set.AllTrain.Image(0).ToArray());
        Assert.Equal([9, 12, 15, 10, 13, 16, 11, 14, 17], set.Test.Image(0).ToArray());
        Assert.Equal((firstName, classes), (set.ClassNames[0], set.ClassCount));
        Assert.Equal([0, (byte)(classes - 1)], set.AllTrain.Labels.ToArray());
        // All splits share one archive.
        Assert.True(File.Exists(folder.File("gzip.zip")));
        Assert.True(File.Exists(folder.File($"{split}/t10k-labels-idx1-ubyte.gz")));
    }

    [Fact]
    public void Cifar_10_is_a_tar_of_records()
    {
        using var folder = new TemporaryFolder();
        Dataset set = Of(PublishedSets.Cifar10(folder.Path), _ => Cifar()).Load();
        Assert.Equal((5, 2, 10), (set.AllTrain.Count, set.Test.Count, set.ClassCount));
        Assert.Equal(new Shape(3, 32, 32), set.Test.Shape);
        Assert.Equal([1, 2, 3, 4, 5], set.AllTrain.Labels.ToArray());
        Assert.Equal([9, 0], set.Test.Labels.ToArray());
        Assert.Equal("truck", set.ClassNames[9]);
        // Red, then green, then blue.
        Assert.Equal((byte)9, set.Test.Image(0)[0]);
        Assert.Equal((byte)(9 + 100), set.Test.Image(0)[32 * 32]);
        Assert.Equal((byte)(9 + 200), set.Test.Image(0)[3 * 32 * 32 - 1]);
    }

    [Fact]
    public void A_test_set_fetches_its_two_files_only_and_files_put_there_by_hand_are_taken()
    {
        using var folder = new TemporaryFolder();
        Small small = Of(PublishedSets.Kmnist(folder.Path), Kuzushiji);
        PublishedFile images = small.Source.Published[2];
        Directory.CreateDirectory(folder.File("published"));
        File.WriteAllBytes(images.Path, Kuzushiji(images));
        using var server = new DownloaderTests.Server(small.Answer);
        Assert.Equal(2, DatasetLoader.LoadTest(small.Source, new Downloader(server, s_patience)).Count);
        Assert.Equal(["https://codh.rois.ac.jp/kmnist/dataset/kmnist/t10k-labels-idx1-ubyte.gz"], server.Asked);
    }

    [Fact]
    public void Another_file_than_the_original_is_refused()
    {
        using var folder = new TemporaryFolder();
        DatasetSource source = Of(PublishedSets.Cifar10(folder.Path), _ => Cifar()).Source;
        using var server = new DownloaderTests.Server(_ => new HttpResponseMessage { Content = new ByteArrayContent([1, 2, 3]) });
        Idx.Refused(
            () => DatasetLoader.Load(source, new Downloader(server, s_patience)),
            "cifar-10-binary.tar.gz could not be fetched (www.cs.toronto.edu: not the original file): fetch it by hand",
            folder.Path
        );
        Assert.Empty(folder.FileNames);
        folder.Add("cifar-10-binary.tar.gz", [1, 2, 3]);
        Idx.Refused(
            () => DatasetLoader.Load(source, new Downloader(server, s_patience)),
            folder.File("cifar-10-binary.tar.gz"),
            "its checksum is 039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",
            "delete it"
        );
    }

    [Fact]
    public void Every_published_set_has_a_name_and_checksums()
    {
        string[] names = [.. DatasetSource.Names.Where(n => DatasetSource.Resolve(n).Published.Count > 0)];
        Assert.Equal(9, names.Length);
        foreach (DatasetSource source in names.Select(DatasetSource.Resolve))
        {
            Assert.Contains(source.Name, names);
            Assert.True(source.IsKnown);
            Assert.Equal(DatasetSource.Files.Order(), source.Published.SelectMany(p => p.Makes).Order());
            Assert.All(
                source.Published,
                p => Assert.Matches(source.Name.StartsWith('e') ? "^[0-9a-f]{32}$" : "^[0-9a-f]{64}$", p.Checksum)
            );
        }
    }

    private static byte[] Kuzushiji(PublishedFile file) =>
        Idx.Gzip(
            file.Makes[0] switch
            {
                DatasetSource.TrainImages => Idx.Images(6),
                DatasetSource.TrainLabels => Idx.Labels(0, 1, 2, 3, 2, 9),
                DatasetSource.TestImages => Idx.Images(2, first: 100),
                _ => Idx.Labels(4, 5),
            }
        );

    /// <summary>An IDX file of 32-bit integers: class, series, writer and so on.</summary>
    private static byte[] Extended(params int[] labels)
    {
        byte[] file = [0, 0, 0x0C, 2, .. new byte[8 + 32 * labels.Length]];
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4), labels.Length);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(8), 8);
        for (int i = 0; i < labels.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(12 + 32 * i), labels[i]);
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16 + 32 * i), 7_654_321);
        }

        return file;
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in entries)
            {
                using Stream entry = archive.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return zip.ToArray();
    }

    private static byte[] Cifar()
    {
        static byte[] Record(byte label) =>
            [label, .. Enumerable.Range(0, 3).SelectMany(channel => Enumerable.Repeat((byte)(label + 100 * channel), 32 * 32))];
        using var tar = new MemoryStream();
        using (var archive = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            void Add(string name, byte[] content) =>
                archive.WriteEntry(
                    new UstarTarEntry(TarEntryType.RegularFile, $"cifar-10-batches-bin/{name}") { DataStream = new MemoryStream(content) }
                );
            archive.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "cifar-10-batches-bin/"));
            // As in the archive, the order is not that of the numbers.
            foreach (byte batch in new byte[] { 1, 4, 3, 2, 5 })
            {
                Add($"data_batch_{batch}.bin", Record(batch));
            }

            Add("batches.meta.txt", "airplane\n"u8.ToArray());
            Add("test_batch.bin", [.. Record(9), .. Record(0)]);
        }

        return Idx.Gzip(tar.ToArray());
    }

    /// <summary>The set with these files at its addresses, and their checksums.</summary>
    private static Small Of(DatasetSource source, Func<PublishedFile, byte[]> content) =>
        new(
            source with
            {
                Published =
                [
                    .. source.Published.Select(p =>
                        p with
                        {
                            Checksum = Hash(p.Checksum.Length == 32 ? HashAlgorithmName.MD5 : HashAlgorithmName.SHA256, content(p)),
                        }
                    ),
                ],
            },
            content
        );

    private static string Hash(HashAlgorithmName algorithm, byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed record Small(DatasetSource Source, Func<PublishedFile, byte[]> Content)
    {
        public Dataset Load()
        {
            using var server = new DownloaderTests.Server(Answer);
            return DatasetLoader.Load(Source, new Downloader(server, s_patience));
        }

        public HttpResponseMessage Answer(Uri uri) =>
            Source.Published.FirstOrDefault(p => p.Addresses.Contains(uri)) is { } file
                ? new HttpResponseMessage { Content = new ByteArrayContent(Content(file)) }
                : new HttpResponseMessage(HttpStatusCode.NotFound);
    }
}
