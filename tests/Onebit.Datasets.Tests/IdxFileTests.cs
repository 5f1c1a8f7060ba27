namespace Onebit.Datasets.Tests;

public class IdxFileTests
{
    private static readonly byte[] s_labels = Idx.Labels(4, 255);

    [Fact]
    public void Grey_images_are_read()
    {
        ImageSet set = Idx.Read(Idx.Images(2), s_labels);
        Assert.Equal((2, 1, 2, 3), (set.Count, set.Channels, set.Height, set.Width));
        Assert.Equal([6, 7, 8, 9, 10, 11], set.Image(1).ToArray());
        Assert.Equal([4, 255], set.Labels.ToArray());
    }

    [Fact]
    public void Images_with_channels_are_read()
    {
        ImageSet set = Idx.Read(Idx.Bytes([.. Enumerable.Range(0, 48).Select(i => (byte)i)], 2, 3, 2, 4), s_labels);
        Assert.Equal((2, 3, 2, 4), (set.Count, set.Channels, set.Height, set.Width));
        Assert.Equal([.. Enumerable.Range(24, 24).Select(i => (byte)i)], set.Image(1).ToArray());
    }

    [Fact]
    public void Gzip_is_seen_from_the_content() =>
        Assert.Equal(Idx.Read(Idx.Images(2), s_labels).Pixels.Span, Idx.Read(Idx.Gzip(Idx.Images(2)), s_labels).Pixels.Span);

    [Fact]
    public void A_body_larger_than_the_first_chunk_is_read_whole()
    {
        // Not a power of two times the chunk, and not compressible.
        var pixels = new byte[300 * 28 * 28];
        new Random(1).NextBytes(pixels);
        byte[] images = Idx.Bytes(pixels, 300, 28, 28),
            labels = Idx.Labels(new byte[300]);
        Assert.Equal(pixels, Idx.Read(images, labels).Pixels.Span);
        Assert.Equal(pixels, Idx.Read(Idx.Gzip(images), Idx.Gzip(labels)).Pixels.Span);
    }

    [Fact]
    public void Reading_begins_where_the_stream_stands()
    {
        foreach (byte[] images in new[] { Idx.Images(2), Idx.Gzip(Idx.Images(2)) })
        {
            var stream = new MemoryStream([1, 2, 3, .. images]) { Position = 3 };
            Assert.Equal(2, IdxFile.Read(stream, "", new MemoryStream(s_labels), "").Count);
        }
    }

    public static TheoryData<string, byte[]> WrongImages =>
        new()
        {
            { "not an IDX file", [] },
            { "not an IDX file", [0] },
            { "not an IDX file", [0, 0, 8] },
            { "not an IDX file", "a text that is long enough"u8.ToArray() },
            { "not an IDX file", [1, .. Idx.Images(2)[1..]] },
            { "not an IDX file", [0, 1, .. Idx.Images(2)[2..]] },
            { "type 0x0D", [0, 0, 0x0D, .. Idx.Images(2)[3..]] },
            { "type 0x09", [0, 0, 0x09, .. Idx.Images(2)[3..]] },
            { "0 dimensions", Idx.Bytes([1]) },
            { "1 dimensions", s_labels },
            { "2 dimensions", Idx.Bytes(new byte[4], 2, 2) },
            { "5 dimensions", Idx.Bytes(new byte[2], 2, 1, 1, 1, 1) },
            { "255 dimensions", [0, 0, 8, 255, .. new byte[2000]] },
            { "within its header", Idx.Images(2)[..15] },
            { "within its header", Idx.Images(2)[..4] },
            { "gives 0 as its size 1", Idx.Bytes([], 0, 2, 3) },
            { "gives 0 as its size 2", Idx.Bytes([], 2, 0, 3) },
            { "gives 0 as its size 3", Idx.Bytes([], 2, 2, 0) },
            { "gives 4097 as its size 2", Idx.Bytes(new byte[2 * 4097], 2, 4097, 1) },
            { "gives 4097 as its size 4", Idx.Bytes(new byte[2 * 4097], 2, 1, 1, 4097) },
            { "gives 4294967295 as its size 1", Idx.Bytes(new byte[6], uint.MaxValue, 1, 1) },
            { "gives 2147483648 as its size 1", Idx.Bytes(new byte[6], 0x8000_0000, 1, 1) },
            // 2^16 x 2^12 x 2^4 = 2^32, which is 0 in 32 bits; 2^30 x 2^12 x 2^12 x 2^10 = 2^64, which is 0 in 64.
            { "gives 16 as its size 3", Idx.Bytes([], 1 << 16, 1 << 12, 1 << 4) },
            { "gives 4096 as its size 2", Idx.Bytes([], 1 << 30, 1 << 12, 1 << 12, 1 << 10) },
            { "17 bytes long and its header announces 28", Idx.Images(2)[..17] },
            { "27 bytes long and its header announces 28", Idx.Images(2)[..^1] },
            { "29 bytes long and its header announces 28", [.. Idx.Images(2), 0] },
            { "16 bytes long and its header announces 2147483607", Idx.Bytes([], 2147483591, 1, 1) },
            { "after 11 of 12 elements", Idx.Gzip(Idx.Images(2)[..^1]) },
            { "goes on after 12 elements", Idx.Gzip([.. Idx.Images(2), 0]) },
            { "not an IDX file", Idx.Gzip([0, 0]) },
            { "within its header", Idx.Gzip(Idx.Images(2)[..15]) },
            { "not an IDX file", [0x1F, 0x8B] },
            { "does not unpack", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255, 255] },
            { "something follows", [.. Idx.Gzip(Idx.Images(2)), 0] },
            { "something follows", [.. Idx.Gzip(Idx.Images(2)), .. new byte[20_000]] },
            { "goes on after 12 elements", [.. Idx.Gzip(Idx.Images(2)), .. Idx.Gzip(Idx.Images(2))] },
            { "3 images and the labels 2 labels", Idx.Images(3) },
        };

    [Theory]
    [MemberData(nameof(WrongImages))]
    public void Wrong_images_are_refused(string part, byte[] images) => Idx.Refused(() => Idx.Read(images, s_labels), "the images", part);

    [Theory]
    [InlineData("3 dimensions", new byte[] { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0 })]
    [InlineData("gives 0 as its size 1", new byte[] { 0, 0, 8, 1, 0, 0, 0, 0 })]
    [InlineData("9 bytes long and its header announces 10", new byte[] { 0, 0, 8, 1, 0, 0, 0, 2, 0 })]
    [InlineData("2 images and the labels 1 labels", new byte[] { 0, 0, 8, 1, 0, 0, 0, 1, 0 })]
    public void Wrong_labels_are_refused(string part, byte[] labels) =>
        Idx.Refused(() => Idx.Read(Idx.Images(2), labels), "the labels", part);

    [Fact]
    public void Every_cut_and_every_addition_is_seen()
    {
        foreach (byte[] whole in new[] { Idx.Images(2), Idx.Gzip(Idx.Images(2)) })
        {
            for (int length = 0; length < whole.Length; length++)
            {
                Idx.Refused(() => Idx.Read(whole[..length], s_labels));
            }
            for (int more = 1; more < 40; more++)
            {
                Idx.Refused(() => Idx.Read([.. whole, .. new byte[more]], s_labels));
            }
        }
    }

    [Fact]
    public void Every_damaged_bit_of_gzipped_data_is_seen()
    {
        byte[] whole = Idx.Gzip(Idx.Images(2));
        int unused = 0;
        // The first ten bytes are gzip's own header, most of which means nothing here.
        for (int bit = 80; bit < 8 * whole.Length; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                Assert.Equal(Idx.Read(Idx.Images(2), s_labels).Pixels.Span, Idx.Read(damaged, s_labels).Pixels.Span);
                unused++;
            }
            catch (DatasetException) { }
        }
        // Deflate fills its last byte up with bits that mean nothing.
        Assert.InRange(unused, 0, 7);
    }

    [Fact]
    public void Memory_is_not_taken_on_the_headers_word()
    {
        byte[] header = Idx.Bytes(new byte[100], 2147483591, 1, 1);
        Assert.InRange(Allocated(() => Idx.Refused(() => Idx.Read(header, s_labels))), 0, 1 << 20);
        byte[] zipped = Idx.Gzip(header);
        Assert.InRange(Allocated(() => Idx.Refused(() => Idx.Read(zipped, s_labels))), 0, 1 << 20);
    }

    [Fact]
    public void A_file_that_grows_a_hundred_times_is_refused_before_it_is_unpacked()
    {
        byte[] bomb = Idx.Gzip(Idx.Bytes(new byte[70_000_000], 70_000_000, 1, 1));
        Assert.InRange(
            Allocated(() => Idx.Refused(() => Idx.Read(bomb, s_labels), "the images", "70000016 bytes", "unzip it")),
            0,
            1 << 20
        );
        // Of 67 million bytes and fewer nothing is said: a file of sorted labels is as small.
        Assert.Equal(
            60_000_000,
            Idx.Read(Idx.Gzip(Idx.Bytes(new byte[60_000_000], 60_000_000, 1, 1)), Idx.Labels(new byte[60_000_000])).Count
        );
    }

    [Fact]
    public void Gzip_of_several_members_is_read_whole()
    {
        byte[] images = Idx.Images(2);
        // A boundary within the header, one within the elements, and, as bgzip writes it, an empty member at the end.
        byte[] zipped = [.. Idx.Gzip(images[..5]), .. Idx.Gzip(images[5..20]), .. Idx.Gzip(images[20..])];
        byte[] ended = [.. zipped, .. Idx.Gzip([])];
        foreach (byte[] whole in new[] { zipped, ended, [.. Idx.Gzip(images), .. Idx.Gzip([])] })
        {
            Assert.Equal(Idx.Read(images, s_labels).Pixels.Span, Idx.Read(whole, s_labels).Pixels.Span);
            for (int length = zipped.Length - 1; length < whole.Length; length++)
            {
                if (length != zipped.Length)
                {
                    Idx.Refused(() => Idx.Read(whole[..length], s_labels));
                }
            }

            Idx.Refused(() => Idx.Read([.. whole, 1, 2, 3], s_labels));
            Idx.Refused(() => Idx.Read([.. whole, .. Idx.Gzip([1])], s_labels), "goes on");
        }
    }

    [Fact]
    public void A_bomb_is_not_inflated()
    {
        byte[] bomb = Idx.Gzip(Idx.Bytes(new byte[1 << 26], 2, 2, 3));
        Assert.InRange(bomb.Length, 1 << 16, 1 << 20);
        var stream = new MemoryStream(bomb);
        Assert.InRange(
            Allocated(() => Idx.Refused(() => IdxFile.Read(stream, "the bomb", new MemoryStream(s_labels), ""), "the bomb", "goes on")),
            0,
            1 << 20
        );
        Assert.InRange(stream.Position, 1, 1 << 15);
    }

    [Theory]
    [InlineData("images", "labels")]
    [InlineData("images.gz", "labels.gz")]
    public void What_is_saved_can_be_loaded(string imagesName, string labelsName)
    {
        using var folder = new TemporaryFolder();
        string images = Path.Combine(folder.Path, "new", "folder", imagesName),
            labels = folder.File(labelsName);
        foreach (int channels in new[] { 3, 1 })
        {
            var set = new ImageSet(new byte[] { 9, 8, 7, 6, 5, 4, 3, 2, 1, 10, 11, 12 }, new byte[] { 1, 0 }, channels, 2, 3 / channels);
            IdxFile.Save(set, images, labels);
            ImageSet loaded = IdxFile.Load(images, labels);
            Assert.Equal((set.Count, set.Channels, set.Height, set.Width), (loaded.Count, loaded.Channels, loaded.Height, loaded.Width));
            Assert.Equal(set.Pixels.Span, loaded.Pixels.Span);
            Assert.Equal(set.Labels.Span, loaded.Labels.Span);
        }
        bool zipped = File.ReadAllBytes(images) is [0x1F, 0x8B, ..];
        Assert.Equal(imagesName.EndsWith(".gz", StringComparison.Ordinal), zipped);
        Assert.Equal([labelsName], folder.FileNames);
        Assert.Single(Directory.EnumerateFiles(Path.GetDirectoryName(images)!));
    }

    [Fact]
    public void Files_are_written_as_the_format_says()
    {
        using var images = new MemoryStream();
        using var labels = new MemoryStream();
        IdxFile.Write(Idx.Read(Idx.Images(2), s_labels), images, labels);
        Assert.Equal(Idx.Images(2), images.ToArray());
        Assert.Equal(s_labels, labels.ToArray());
        byte[] coloured = Idx.Bytes(new byte[24], 2, 3, 2, 2);
        images.SetLength(0);
        IdxFile.Write(Idx.Read(coloured, s_labels), images, labels);
        Assert.Equal(coloured, images.ToArray());
    }

    [Fact]
    public void What_cannot_be_written_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        ImageSet set = Idx.Read(Idx.Images(2), s_labels);
        string taken = folder.File("taken");
        Directory.CreateDirectory(taken);
        Idx.Refused(() => IdxFile.Save(set, taken, folder.File("labels")), taken);
        Assert.Empty(folder.FileNames);
        string file = folder.Add("file", []);
        Idx.Refused(() => IdxFile.Save(set, Path.Combine(file, "images"), folder.File("labels")), file);
        Assert.Equal(["file"], folder.FileNames);
    }

    [Fact]
    public void A_failing_writer_keeps_the_old_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Add("kept", [1, 2, 3]);
        Assert.Throws<DatasetException>(() =>
            DatasetFile.Write(
                path,
                stream =>
                {
                    stream.Write([4, 5]);
                    throw new IOException("disk full");
                }
            )
        );
        Assert.Equal(["kept"], folder.FileNames);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
    }

    [Fact]
    public void What_cannot_be_opened_is_refused()
    {
        using var folder = new TemporaryFolder();
        string labels = folder.Add("labels", s_labels);
        Idx.Refused(() => IdxFile.Load(folder.File("none"), labels), folder.File("none"));
        Idx.Refused(() => IdxFile.Load(folder.Path, labels), folder.Path);
        Idx.Refused(() => IdxFile.Load(labels, folder.Path), labels);
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
