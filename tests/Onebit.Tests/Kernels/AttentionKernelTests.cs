using CsCheck;

namespace Onebit.Tests.Kernels;

/// <summary>The kernels of attention equal the plain loops, bit for bit.</summary>
public class AttentionKernelTests
{
    [Fact]
    public void Attention_of_one_bit_gives_the_plain_integers() =>
        Gen.Int.Sample(seed => Check(new Random(seed), isOneBit: true, "BitAttention`2"), iter: Widths.Iterations(400));

    [Fact]
    public void Attention_of_bytes_gives_the_plain_integers() =>
        Gen.Int.Sample(seed => Check(new Random(seed), isOneBit: false, "ByteAttention`2"), iter: Widths.Iterations(400));

    [Fact]
    public void Attention_is_one_layer_where_nothing_else_reads_its_scores()
    {
        Operation[] attention =
        [
            new AttentionScores(0, 0, 1, 0, 0),
            new Softmax(1, new[] { 1 }, 0, new byte[] { 1 }, default, 0),
            new AttentionMean(2, 0, 1, 0),
        ];
        BitModel alone = Build.Model(Build.Bytes(2, 1, 2), (2, 1, 2), attention);
        FusedAttention layer = Assert.IsType<FusedAttention>(FusedLayer.ListOf(alone.Operations, alone.Values)[0]);
        Assert.Equal((0, 3, 3), (layer.First, layer.Output, layer.Operations.Count));
        BitModel read = Build.Model(
            Build.Bytes(2, 1, 2),
            (4, 1, 2),
            [.. attention, new Requantize(1, new int[2], new long[2], 0, 16), new Concat(new[] { 4, 3 })]
        );
        Assert.DoesNotContain(FusedLayer.ListOf(read.Operations, read.Values), l => l is FusedAttention);
        Assert.Equal(read.Trace([1, 2, 3, 4])[3], alone.Trace([1, 2, 3, 4])[3]);
    }

    private static void Check(Random random, bool isOneBit, string kernel)
    {
        int heads = random.Next(1, 5),
            depth = random.Next(1, isOneBit ? 32 : 12),
            valueDepth = random.Next(1, isOneBit ? 70 : 12),
            height = random.Next(1, 9),
            width = random.Next(1, 9);
        int channels = heads * depth,
            values = heads * valueDepth;
        var input = new ModelInput(2 * channels + values, height, width, 8, 0);
        // Grouped convolutions take the image apart into queries, keys and values; each has one channel of its own per output.
        byte[] table = [(byte)random.Next(1, 256), .. Build.Many(random.Next(256), () => (byte)random.Next(256))];
        int[] multipliers = Build.Many(heads, () => isOneBit ? random.Next(9) : random.Next(1 << random.Next(1, 15)));
        int shift = random.Next(isOneBit ? 4 : 16);
        int[] thresholds = isOneBit ? Build.Many(heads, () => random.Next(3) == 0 ? 0 : random.Next(1 << random.Next(1, 20))) : [];
        int sums = 3,
            zero = isOneBit ? 0 : random.Next(256);
        Operation[] operations =
        [
            Part(channels),
            Part(channels),
            Part(values),
            End(1, channels),
            End(2, channels),
            End(3, values),
            new AttentionScores(sums + 1, sums + 2, heads, zero, isOneBit ? 0 : random.Next(256)),
            new Softmax(sums + 4, multipliers, shift, table, thresholds, isOneBit ? random.Next(12) : 0),
            isOneBit ? new AttentionSum(sums + 5, sums + 3, heads) : new AttentionMean(sums + 5, sums + 3, heads, random.Next(5)),
        ];
        BitModel model = Build.Model(input, (values, height, width), operations);
        FusedAttention layer = FusedLayer.ListOf(model.Operations, model.Values).OfType<FusedAttention>().Single();
        int[][] expected = model.Trace(RandomModels.Image(model, random));
        foreach (int bits in Widths.All)
        {
            AttentionKernel? chosen = KernelChooser.Attention(layer, bits);
            if (isOneBit && bits == 64)
            {
                Assert.Null(chosen);
                continue;
            }

            Assert.Equal(kernel, chosen?.GetType().Name);
            RequireSame(chosen!, expected);
        }

        void RequireSame(AttentionKernel chosen, int[][] expected)
        {
            // Vectors are read and written whole.
            var stored = new StoredValue[4];
            int place = 0;
            foreach ((int i, int value) in new[] { sums + 1, sums + 2, sums + 3, operations.Length }.Index())
            {
                stored[i] = new StoredValue(model.Values[value], place);
                place += PlannedOperation.Align(stored[i].Bytes + 64);
            }

            byte[] memory = new byte[place],
                scratch = new byte[chosen.ScratchBytes + 64];
            random.NextBytes(memory);
            random.NextBytes(scratch);
            byte[] last = [.. scratch.TakeLast(64)];
            for (int i = 0; i < 3; i++)
            {
                stored[i].Write(expected[sums + 1 + i], ref memory[0]);
            }

            chosen.Run(
                ref stored[0].Start(ref memory[0]),
                ref stored[1].Start(ref memory[0]),
                ref stored[2].Start(ref memory[0]),
                ref stored[3].Integers(ref memory[0])[0],
                ref scratch[0]
            );
            Assert.Equal(expected[operations.Length], stored[3].Integers(ref memory[0]));
            Assert.Equal(last, scratch.TakeLast(64)); // It stays within its scratch memory.
        }

        Linear Part(int outputs) => new(0, outputs, 1, 1, 1, 0, 1, Build.Weights(random, outputs * input.Channels));

        Operation End(int value, int count) =>
            isOneBit
                ? new Threshold(value, Build.Many(count, () => random.Next(-300, 300)), Build.Many(count, () => random.Next(2) == 0))
                : new Requantize(
                    value,
                    Build.Many(count, () => random.Next(-40, 40)),
                    Build.Many(count, () => random.NextInt64(9000)),
                    5,
                    8
                );
    }
}
