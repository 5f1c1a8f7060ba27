using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;

namespace Onebit.Benchmarks;

/// <summary>The same work by plain code and by a kernel at each width, so that the column Ratio says what a width is worth.</summary>
public abstract class WidthBenchmark
{
    private Action _run = () => { };

    [GlobalSetup(Target = nameof(Plain))]
    public void PreparePlain() => _run = PlainRun();

    [GlobalSetup(Target = nameof(Width64))]
    public void Prepare64() => _run = Run<Vector64Ops, ulong>();

    [GlobalSetup(Target = nameof(Width128))]
    public void Prepare128() => _run = Run<Vector128Ops, Vector128<ulong>>();

    [GlobalSetup(Target = nameof(Width256))]
    public void Prepare256() => _run = Run<Vector256Ops, Vector256<ulong>>();

    [GlobalSetup(Target = nameof(Width512))]
    public void Prepare512() => _run = Run<Vector512Ops, Vector512<ulong>>();

    [Benchmark(Baseline = true)]
    public void Plain() => _run();

    [Benchmark]
    public void Width64() => _run();

    [Benchmark]
    public void Width128() => _run();

    [Benchmark]
    public void Width256() => _run();

    [Benchmark]
    public void Width512() => _run();

    private protected abstract Action PlainRun();

    private protected abstract Action Run<TOps, TVector>()
        where TOps : struct, IVectorOps<TVector>
        where TVector : struct;
}
