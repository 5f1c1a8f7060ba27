using System.Buffers.Binary;

namespace Onebit.Tests.Kernels;

/// <summary>Planes of numbers at random, and what they are, whatever <see cref="ILanes"/> adds them.</summary>
internal sealed class Numbers<TLanes>
    where TLanes : struct, ILanes
{
    private readonly int _elementBits = 8 * TLanes.PlaneBytes / TLanes.Lanes;

    /// <summary>No sum of <paramref name="count"/> of them leaves 16 bits where numbers have 16.</summary>
    public Numbers(Random random, int count)
    {
        Bytes = new byte[count * TLanes.PlaneBytes];
        random.NextBytes(Bytes);
        int most = _elementBits == 16 ? short.MaxValue / Math.Max(1, count) : 1 << 16;
        for (int i = 0; _elementBits > 1 && i < count * TLanes.Lanes; i++)
        {
            int number = random.Next(most + 1);
            if (_elementBits == 16)
            {
                BinaryPrimitives.WriteInt16LittleEndian(Bytes.AsSpan(2 * i), (short)number);
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(Bytes.AsSpan(4 * i), number);
            }
        }

        // In another order than they lie in.
        Offsets = [.. Enumerable.Range(0, count).Select(i => i * TLanes.PlaneBytes)];
        random.Shuffle(Offsets);
    }

    public byte[] Bytes { get; }

    public int[] Offsets { get; }

    /// <summary>The sums of some planes, lane by lane.</summary>
    public int[] Sums(IEnumerable<int> offsets)
    {
        var sums = new int[TLanes.Lanes];
        foreach (int offset in offsets)
        {
            for (int lane = 0; lane < sums.Length; lane++)
            {
                sums[lane] += _elementBits switch
                {
                    1 => (Bytes[offset + lane / 8] >> (lane & 7)) & 1,
                    16 => BinaryPrimitives.ReadInt16LittleEndian(Bytes.AsSpan(offset + 2 * lane)),
                    _ => BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(offset + 4 * lane)),
                };
            }
        }

        return sums;
    }
}
