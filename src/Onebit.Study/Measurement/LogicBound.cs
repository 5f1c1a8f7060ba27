using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace Onebit.Study;

/// <summary>
/// How many binary multiply-accumulates a nanosecond one core could do at best, as a yardstick: two vector logic
/// instructions a cycle on the widest vectors that .NET uses here, every one of them part of a full adder, and each full
/// adder adding one bit to a count in each lane.
/// </summary>
/// <param name="ClockGigahertz">
/// Estimated from a chain of additions and exclusive ors, each of which waits for the one before, one a cycle. What shares the core makes
/// it too low.
/// </param>
/// <param name="VectorBits">Lanes.</param>
/// <param name="InstructionsPerFullAdder">2 with the three-input logic of AVX-512, 5 two-input ones otherwise.</param>
public sealed record LogicBound(double ClockGigahertz, int VectorBits, int InstructionsPerFullAdder)
{
    private const int InstructionsPerCycle = 2;

    /// <summary>The bound.</summary>
    public double BinaryMacsPerNanosecond => ClockGigahertz * InstructionsPerCycle / InstructionsPerFullAdder * VectorBits;

    /// <summary>The bound of this machine; takes a small part of a second.</summary>
    public static LogicBound Measure() => new(ClockOf(), Machine.Describe().VectorBits, Avx512F.IsSupported ? 2 : 5);

    private static double ClockOf()
    {
        const int Rounds = 50,
            Steps = 8 * 500_000;
        double fastest = double.MaxValue;
        long sum = Environment.TickCount64,
            step = sum | 1;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            sum = Chain(sum, step, Steps / 8);
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }
        GC.KeepAlive(sum);
        return Steps / fastest;
    }

    private static long Chain(long sum, long step, int count)
    {
        for (int i = 0; i < count; i++)
        {
            sum += step;
            sum ^= step;
            sum += step;
            sum ^= step;
            sum += step;
            sum ^= step;
            sum += step;
            sum ^= step;
        }
        return sum;
    }
}
