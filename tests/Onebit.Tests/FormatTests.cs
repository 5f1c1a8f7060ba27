namespace Onebit.Tests;

/// <summary>The bytes of a file: what docs/format.md promises, and that nothing else is read.</summary>
public class FormatTests
{
    [Fact]
    public void The_checksum_is_CRC_32C()
    {
        // The check value of the catalogues, for the tests' own implementation; the example then proves the library's.
        Assert.Equal(0xE3069283, FileBytes.Crc32C("123456789"u8));
    }

    [Fact]
    public void A_file_is_little_more_than_its_weights()
    {
        BitModel model = Build.Mlp(new Random(1));
        Assert.Equal(14_752, model.Operations.OfType<Linear>().Sum(linear => linear.Weights.Length));
        Assert.InRange(model.ToBytes().Length, 14_752, 15_600);
    }

    [Fact]
    public void Integers_of_any_width_survive()
    {
        long[][] arrays =
        [
            [0, 0],
            [5, 5],
            [-1, 0],
            [long.MinValue / 2, long.MaxValue / 2],
            [long.MinValue + 1020, long.MaxValue - 1020],
            [long.MaxValue - 1020, long.MaxValue - 1020],
            [long.MinValue + 1020, long.MinValue + 1020],
            [-64, 63],
            [-65, 64],
        ];
        foreach (long[] offsets in arrays)
        {
            int[] multipliers = offsets.All(offset => Math.Abs(offset) < 1000) ? [int.MinValue, int.MaxValue] : [1, -1];
            var model = new BitModel(Build.Bytes(2, 1, 1), [new Scores(0, multipliers, offsets, 62)]);
            var read = (Scores)BitModel.Read(model.ToBytes()).Operations[0];
            Assert.Equal(offsets, read.Offsets.ToArray());
            Assert.Equal(multipliers, read.Multipliers.ToArray());
        }
    }

    [Fact]
    public void Equal_entries_take_no_bits()
    {
        // kind, input, channels; minimum and width; eight flags a byte
        BitModel model = Build.Model(Build.Bytes(100, 1, 1), (100, 1, 1), Build.Threshold(0, new int[100]));
        Assert.Equal(3 + 2 + 13, model.EncodedLength(0));
    }

    [Theory]
    [InlineData("does not begin with", "")]
    [InlineData("does not begin with", "31 42 49")]
    [InlineData("does not begin with", "50 4B 03 04 05 06 07 08 09 0A")]
    [InlineData("format version 0", "31 42 49 54 00")]
    [InlineData("format version 4", "31 42 49 54 04")]
    [InlineData("format version 49", "31 42 49 54 31")]
    [InlineData("ends too early", "31 42 49 54")]
    [InlineData("ends too early", "31 42 49 54 01 00 00 00")]
    [InlineData("damaged", "31 42 49 54 01 00 00 00 00")]
    public void What_is_no_file_is_refused(string reason, string hex) => Refuses(reason, FileBytes.Parse(hex));

    [Fact]
    public void A_damaged_file_is_refused()
    {
        byte[] file = FileBytes.WithChecksum(FileBytes.Parse(FileBytes.Example));
        for (int i = 5; i < file.Length; i++)
        {
            byte[] damaged = [.. file];
            damaged[i] ^= 0x10;
            Refuses("damaged", damaged);
        }

        for (int length = 9; length < file.Length; length++)
        {
            Refuses("damaged or incomplete", file[..length]);
        }

        Refuses("damaged", [.. file, 0]);
    }

    [Theory]
    // Sizes.
    [InlineData("04 01 00", "05 01 00", "ends too early")]
    [InlineData("04 01 00", "03 01 00", "Bytes follow")]
    [InlineData("04 01 00", "00 01 00", "Bytes follow")]
    [InlineData("04 01 00", "FF 07 01 00", "ends too early")]
    [InlineData("04 01 00", "81 08 01 00", "1025 operations")]
    [InlineData("04 01 00", "FF FF FF FF 07 01 00", "2147483647 operations")]
    [InlineData("04 01 00", "80 80 80 80 08 01 00", "size 2147483648 is too large")]
    [InlineData("04 01 00", "FF FF FF FF FF FF FF FF FF 01 01 00", "size 18446744073709551615 is too large")]
    [InlineData("04 01 00", "FF FF FF FF FF FF FF FF FF 02 01 00", "shortest way")]
    [InlineData("04 01 00", "84 80 80 80 80 80 80 80 80 80 01 01 00", "shortest way")]
    [InlineData("04 01 00", "84 00 01 00", "shortest way")]
    [InlineData("04 01 00", "84 80 00 01 00", "shortest way")]
    [InlineData("01 53", "FF FF FF FF 07 53", "ends too early")]
    // Kinds.
    [InlineData("04 01 00", "04 00 00", "kind 0")]
    [InlineData("04 01 00", "04 19 00", "kind 25")]
    // The input.
    [InlineData("01 80 04", "02 80 04", "1 or 8 bits")]
    [InlineData("01 80 04", "08 80 04", "threshold")]
    [InlineData("01 80 04", "01 00 04", "threshold")]
    // Integer arrays: thresholds 1 and 0.
    [InlineData("00 01 01  02", "00 02 01  02", "shortest way")] // wider than needed
    [InlineData("00 01 01  02", "01 01 03  02", "shortest way")] // smallest entry is not there
    [InlineData("00 01 01  02", "00 01 05  02", "Unused bits")]
    [InlineData("00 01 01  02", "00 41 01  02", "65 bits are too wide")]
    [InlineData("09 03 05", "09 40 05", "ends too early")]
    [InlineData("00 01 01  02", "00 00  02", "")]
    [InlineData("00 01 01  02", "FE FF FF FF 0F 01 01  02", "2147483648 does not fit into 32 bits")]
    [InlineData("00 01 01  02", "81 80 80 80 10 01 01  02", "-2147483649 does not fit")]
    [InlineData("00 01 01  02", "FE FF FF FF FF FF FF FF FF 01 01 01  02", "shortest way")] // beyond 64 bits
    [InlineData("00 01 01  02", "00 01 01  06", "Unused bits")]
    [InlineData("02  00 01 01", "00  00 01 01", "is empty")]
    [InlineData("02  00 01 01", "80 80 80 04  00 00", "more than 1048576 entries")]
    [InlineData("02  00 01 01", "80 02  00 00", "ends too early")] // no bytes for 256 equal thresholds, but 32 for the flags
    // Scores.
    [InlineData("07 03  01 02", "07 03  3F 02", "0 to 62")]
    public void A_file_with_another_encoding_is_refused(string part, string other, string reason)
    {
        string hex = Normal(FileBytes.Example);
        Assert.Equal(2, hex.Split(Normal(part)).Length);
        byte[] file = FileBytes.WithChecksum(FileBytes.Parse(hex.Replace(Normal(part), Normal(other), StringComparison.Ordinal)));
        if (reason.Length == 0)
        {
            BitModel.Read(file);
        }
        else
        {
            Refuses(reason, file);
        }

        static string Normal(string hex) => string.Join(' ', FileBytes.Parse(hex).Select(value => value.ToString("X2")));
    }

    [Fact]
    public void Offsets_whose_lowest_bits_are_0_are_written_without_them()
    {
        Linear layer = Build.Dense(1, 2, 1, 2, "++ +-");
        var model = new BitModel(
            Build.Bytes(1, 1, 2),
            [
                layer with
                {
                    Input = 0,
                },
                new Requantize(1, new[] { 3, 5 }, new[] { -48L, 32L }, 2, 8), // 16 times -3 and 2
                Build.Dense(2, 2, 1, 1, "++ +-"),
                new Scores(3, new[] { 1, 2 }, new[] { 96L, 0L }, 1), // 32 times 3 and 0
            ]
        );
        byte[] file = model.ToBytes();
        byte[] requantize = [13, 1, 8, 2, 4, 2, 6, 2, 0b1000, 5, 3, 0b101000],
            scores = [14, 3, 1, 5, 2, 2, 1, 0b10, 0, 2, 0b0011];
        Assert.Equal([requantize.Length, scores.Length], new[] { 1, 3 }.Select(model.EncodedLength));
        Assert.True(file.AsSpan().IndexOf((byte[])[.. requantize]) > 0 && file.AsSpan().IndexOf((byte[])[.. scores]) > 0);
        BitModel read = BitModel.Read(file);
        Assert.Equal(file, read.ToBytes());
        Assert.Equal([-48, 32], ((Requantize)read.Operations[1]).Offsets.ToArray());
        Assert.Equal([96, 0], ((Scores)read.Operations[3]).Offsets.ToArray());
        Assert.Equal(model.Trace([200, 3])[3], read.Trace([200, 3])[3]);

        // Any other way to write them is refused.
        string shortest = "Offsets are not encoded in the shortest way";
        Refuses(shortest, Replaced(scores, [7, 3, 1, 2, 2, 1, 0b10, 0, 7, 96, 0])); // plainly
        Refuses(shortest, Replaced(scores, [14, 3, 1, 4, 2, 2, 1, 0b10, 0, 3, 0b000110])); // 16 times 6 and 0
        Refuses(shortest, Replaced(scores, [14, 3, 1, 0, 2, 2, 1, 0b10, 0, 7, 96, 0]));
        Refuses(shortest, Replaced(scores, [14, 3, 1, 0, 2, 2, 1, 0b10, 0, 1, 0b01])); // 1 and 0: no trailing zero bits at all
        Refuses(shortest, Replaced(scores, [14, 3, 1, 0, 2, 2, 1, 0b10, 0, 0]));
        Refuses(shortest, Replaced(scores, [14, 3, 1, 3, 2, 2, 1, 0b10, 0, 1, 0b01])); // 8 times 1: too fine
        Refuses(shortest, Replaced(scores, [14, 3, 1, 5, 2, 2, 1, 0b10, 0, 0])); // 0 and 0
        Refuses("does not fit into 64 bits", Replaced(scores, [14, 3, 1, 62, 2, 2, 1, 0b10, 0, 2, 0b0011]));
        Refuses(shortest, Replaced(scores, [14, 3, 1, 255, 2, 2, 1, 0b10, 0, 0]));

        byte[] Replaced(byte[] part, byte[] other)
        {
            int place = file.AsSpan().IndexOf(part);
            return FileBytes.WithChecksum([.. file.AsSpan(..place), .. other, .. file.AsSpan((place + part.Length)..^4)]);
        }
    }

    [Fact]
    public void A_plane_of_weights_that_several_layers_share_is_written_once()
    {
        Linear layer = Build.Dense(2, 2, 1, 2, "++ +-");
        var model = new BitModel(
            Build.Bytes(1, 1, 2),
            [
                new Quantize(0, 2, new[] { 1, 2, 3 }, new[] { false }),
                new BitPlane(1, 0),
                layer,
                new BitPlane(1, 1),
                layer with
                {
                    Input = 4,
                },
                layer with
                {
                    Input = 4,
                    Groups = 1,
                    Weights = Build.Signs("++ --"),
                },
                new WeightedSum(new[] { 3, 5, 6 }, new[] { 1, 1, 2, 2, 3, 3 }),
                Build.Scores(7, 2),
            ]
        );
        Assert.Equal([8, 3, 10, 3, 3, 10], Enumerable.Range(0, 6).Select(model.EncodedLength));
        byte[] file = model.ToBytes();
        BitModel read = BitModel.Read(file);
        Assert.Equal(file, read.ToBytes());
        Assert.Equal(layer.Weights.ToArray(), ((Linear)read.Operations[4]).Weights.ToArray());
        Assert.Equal(model.Trace([2, 3])[7], read.Trace([2, 3])[7]);

        // Operation 4: as operation 2. Any other way to write it is refused.
        byte[] shared = [12, 4, 2],
            twice = [1, 4, 2, 1, 2, 1, 0, 1, 1, layer.Weights.Span[0]];
        int place = file.AsSpan().IndexOf(shared);
        Refuses("not written as those of the first", Replaced(twice));
        Refuses("Operation 1 has no weights", Replaced([12, 4, 1]));
        Refuses("Operation 4 has no weights", Replaced([12, 4, 4]));
        Refuses("Operation 5 has no weights", Replaced([12, 4, 5]));
        Refuses("Operation 2147483647 has no weights", Replaced([12, 4, 255, 255, 255, 255, 7]));

        byte[] Replaced(byte[] other) =>
            FileBytes.WithChecksum([.. file.AsSpan(..place), .. other, .. file.AsSpan((place + shared.Length)..^4)]);
    }

    [Fact]
    public void The_weights_of_a_layer_are_those_of_the_first_that_has_them()
    {
        Linear layer = Build.Dense(1, 2, 1, 2, "++ +-");
        var model = new BitModel(
            Build.Bytes(1, 1, 2),
            [Build.Threshold(0, 3), layer, layer, layer, new WeightedSum(new[] { 2, 3, 4 }, new int[6]), Build.Scores(5, 2)]
        );
        byte[] file = model.ToBytes();
        int last = file.AsSpan().LastIndexOf("\f\u0001\u0001"u8);
        Assert.Equal(file, BitModel.Read(file).ToBytes());
        file[last + 2] = 2;
        Refuses("not written as those of the first", FileBytes.WithChecksum([.. file.AsSpan(..^4)]));
    }

    [Fact]
    public void Names_of_classes_follow_the_operations_in_version_2()
    {
        BitModel plain = BitModel.Read(FileBytes.WithChecksum(FileBytes.Parse(FileBytes.Example)));
        Assert.Equal(["0", "1"], plain.ClassNames);
        var named = new BitModel(plain.Input, plain.Operations, ["cat", "žaba"]);
        byte[] file = FileBytes.WithChecksum(Named("03 63 61 74  05 C5 BE 61 62 61"));
        Assert.Equal(file, named.ToBytes());
        BitModel read = BitModel.Read(file);
        Assert.Equal(["cat", "žaba"], read.ClassNames);
        Assert.Equal(1, read.Predict([200, 10, 50, 255]));
    }

    [Theory]
    [InlineData(0x11, ImagePreparation.Scaled)]
    [InlineData(0x21, ImagePreparation.Digits)]
    public void The_preparation_of_images_shares_the_byte_of_the_version(byte version, ImagePreparation preparation)
    {
        byte[] old = FileBytes.WithChecksum(FileBytes.Parse(FileBytes.Example));
        BitModel model = BitModel.Read(old);
        Assert.Equal(ImagePreparation.Unknown, model.Preparation);
        BitModel prepared = model.WithPreparation(preparation);
        byte[] file = prepared.ToBytes();
        Assert.Equal((version, old.Length), (file[4], file.Length));
        Assert.Equal(preparation, BitModel.Read(file).Preparation);
        Assert.Equal(file, BitModel.Read(file).ToBytes());
        Assert.Equal(old, model.ToBytes());
        Assert.Equal(version + 1, new BitModel(model.Input, model.Operations, ["a", "b"]).WithPreparation(preparation).ToBytes()[4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.WithPreparation((ImagePreparation)3));
    }

    [Fact]
    public void Names_that_are_numbers_take_no_byte()
    {
        byte[] file = FileBytes.WithChecksum(FileBytes.Parse(FileBytes.Example));
        BitModel model = BitModel.Read(file);
        Assert.Equal(file, new BitModel(model.Input, model.Operations, ["0", "1"]).ToBytes());
    }

    [Theory]
    [InlineData("left out", "01 30  01 31")] // "0" and "1"
    [InlineData("ends too early", "")]
    [InlineData("ends too early", "01 61")]
    [InlineData("ends too early", "01 61  FF 62")]
    [InlineData("Bytes follow", "01 61  01 62  01 63")]
    [InlineData("class 0 is empty", "00  01 61")]
    [InlineData("Two classes are named 'a'", "01 61  01 61")]
    [InlineData("control character", "01 61  02 62 0A")]
    [InlineData("control character", "01 61  04 1B 5B 31 6D")] // a terminal's escape sequence
    [InlineData("control character", "01 61  03 E2 80 A8")] // line separator
    [InlineData("control character", "01 61  02 C2 9B")] // an escape sequence in one character
    [InlineData("not UTF-8", "01 61  01 FF")]
    [InlineData("not UTF-8", "01 61  02 C0 80")] // 0, not the shortest way
    [InlineData("not UTF-8", "01 61  03 ED A0 80")] // half a surrogate pair
    public void Names_that_nobody_should_see_are_refused(string reason, string names) =>
        Refuses(reason, FileBytes.WithChecksum(Named(names)));

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("one", "two", "three")]
    [InlineData("one", "one")]
    [InlineData("one", "")]
    [InlineData("one", "a\tb")]
    [InlineData("one", "\ud800")]
    public void Names_that_no_file_could_hold_make_no_model(params string[] names)
    {
        BitModel model = BitModel.Read(FileBytes.WithChecksum(FileBytes.Parse(FileBytes.Example)));
        Assert.Throws<InvalidDataException>(() => new BitModel(model.Input, model.Operations, names));
        _ = new BitModel(model.Input, model.Operations, ["a", new string('b', 255)]);
        Assert.Throws<InvalidDataException>(() => new BitModel(model.Input, model.Operations, ["a", new string('b', 256)]));
    }

    /// <summary>The example as a file of version 2, without its checksum.</summary>
    private static byte[] Named(string names)
    {
        byte[] file = [.. FileBytes.Parse(FileBytes.Example), .. FileBytes.Parse(names)];
        file[4] = 2;
        return file;
    }

    [Theory]
    [InlineData("02 00  FF FF FF FF 07  00 00")] // 2^31 - 1 thresholds of no bits
    [InlineData("03 00  08 00  FF FF FF FF 07  00 00  00 00")]
    [InlineData("07 00  00  FF FF FF FF 07  00 00  00 00")]
    [InlineData("02 00  81 80 40  00 00")] // 2^20 + 1
    [InlineData("02 00  FF FF 3F  00 40")] // 2^20 - 1 of 64 bits
    [InlineData("01 00  01 01 01 01 00 01  FF FF FF FF 07")]
    public void A_short_file_takes_little_memory(string operation)
    {
        byte[] file = FileBytes.WithChecksum(FileBytes.Parse("31 42 49 54 01  01 01 01  08 00  01" + operation));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => BitModel.Read(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    private static void Refuses(string reason, byte[] file) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => BitModel.Read(file)).Message);
}
