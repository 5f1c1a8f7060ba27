using System.Runtime.Intrinsics;

namespace Onebit.Tests.Kernels;

/// <summary>The primitive against plain arithmetic, lane by lane.</summary>
public class LanesTests
{
    private static readonly int[] s_counts = [.. Enumerable.Range(0, 41), 63, 64, 65, 127, 128, 129, 255, 256, 300];

    public static TheoryData<int> AllWidths => [.. Widths.All];

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Bits(int width)
    {
        switch (width)
        {
            case 64:
                Check<BitLanes<Vector64Ops, ulong>>();
                break;
            case 128:
                Check<BitLanes<Vector128Ops, Vector128<ulong>>>();
                break;
            case 256:
                Check<BitLanes<Vector256Ops, Vector256<ulong>>>();
                break;
            case 512:
                Check<BitLanes<Vector512Ops, Vector512<ulong>>>();
                break;
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Integers_of_16_bits(int width)
    {
        switch (width)
        {
            case 64:
                Check<IntegerLanes<Vector64Ops, ulong, short>>();
                break;
            case 128:
                Check<IntegerLanes<Vector128Ops, Vector128<ulong>, short>>();
                break;
            case 256:
                Check<IntegerLanes<Vector256Ops, Vector256<ulong>, short>>();
                break;
            case 512:
                Check<IntegerLanes<Vector512Ops, Vector512<ulong>, short>>();
                break;
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Integers_of_32_bits(int width)
    {
        switch (width)
        {
            case 64:
                Check<IntegerLanes<Vector64Ops, ulong, int>>();
                break;
            case 128:
                Check<IntegerLanes<Vector128Ops, Vector128<ulong>, int>>();
                break;
            case 256:
                Check<IntegerLanes<Vector256Ops, Vector256<ulong>, int>>();
                break;
            case 512:
                Check<IntegerLanes<Vector512Ops, Vector512<ulong>, int>>();
                break;
        }
    }

    private static void Check<TLanes>()
        where TLanes : struct, ILanes
    {
        var random = new Random(TLanes.Lanes);
        foreach (int count in s_counts)
        {
            var numbers = new Numbers<TLanes>(random, count);
            int some = random.Next(count + 1);
            int[] expectedAll = numbers.Sums(numbers.Offsets),
                expectedSome = numbers.Sums(numbers.Offsets[..some]);
            byte[] all = Accumulator(count),
                first = Accumulator(count),
                rest = Accumulator(count - some);
            TLanes.Sum(ref numbers.Bytes.AsSpan().GetPinnableReference(), numbers.Offsets, ref all[0]);
            Assert.Equal(expectedAll, Integers(all, count));

            TLanes.Sum(ref numbers.Bytes.AsSpan().GetPinnableReference(), numbers.Offsets.AsSpan(0, some), ref first[0]);
            TLanes.Sum(ref numbers.Bytes.AsSpan().GetPinnableReference(), numbers.Offsets.AsSpan(some), ref rest[0]);
            Assert.Equal(expectedSome, Integers(first, some));

            CheckAtLeast(count, some);
            TLanes.Add(ref first[0], some, ref rest[0], count - some);
            Assert.Equal(expectedAll, Integers(first, count));

            void CheckAtLeast(int planes, int positives)
            {
                TLanes.PrepareTotal(ref all[0], planes);
                int[] differences = [.. expectedSome.Zip(expectedAll, (p, t) => 2 * p - t)];
                int[] thresholds =
                [
                    int.MinValue,
                    int.MinValue + 1,
                    short.MinValue - 1,
                    short.MinValue,
                    -planes - 2,
                    -planes - 1,
                    -planes,
                    0,
                    planes,
                    planes + 1,
                    planes + 2,
                    short.MaxValue,
                    short.MaxValue + 1,
                    int.MaxValue,
                    .. Build.Many(4, () => differences[random.Next(differences.Length)]),
                    differences.Min(),
                    differences.Max() + 1,
                ];
                foreach (int threshold in thresholds)
                {
                    var reached = new byte[TLanes.Lanes / 8 + 1];
                    random.NextBytes(reached);
                    byte[] before = [.. reached],
                        joined = [.. reached];
                    TLanes.AtLeast(ref first[0], positives, ref all[0], planes, threshold, ref reached[0], accumulate: false);
                    TLanes.AtLeast(ref first[0], positives, ref all[0], planes, threshold, ref joined[0], accumulate: true);
                    for (int lane = 0; lane < differences.Length; lane++)
                    {
                        int bit = differences[lane] >= threshold ? 1 : 0;
                        Assert.Equal(bit, (reached[lane / 8] >> (lane & 7)) & 1);
                        Assert.Equal(bit | ((before[lane / 8] >> (lane & 7)) & 1), (joined[lane / 8] >> (lane & 7)) & 1);
                    }

                    Assert.Equal(before[^1], reached[^1]);
                    Assert.Equal(before[^1], joined[^1]);
                }
            }
        }

        // Whatever was in an accumulator before does not matter.
        byte[] Accumulator(int planes)
        {
            var accumulator = new byte[TLanes.AccumulatorBytes(planes)];
            random.NextBytes(accumulator);
            return accumulator;
        }

        static int[] Integers(byte[] accumulator, int planes)
        {
            var integers = Build.Repeat(-1, TLanes.Lanes);
            TLanes.ToIntegers(ref accumulator[0], planes, integers);
            return integers;
        }
    }
}
