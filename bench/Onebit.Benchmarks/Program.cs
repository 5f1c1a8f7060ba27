using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using Onebit;
using Onebit.Benchmarks;

if (args is ["check", .. var rest])
{
    return KernelCheck.Run(rest);
}

// Short runs, so that one kernel is judged in a minute; `--job medium` asks for longer ones. What the processor lacks,
// .NET emulates, and nobody would wait for it.
IConfig config = DefaultConfig
    .Instance.AddJob(Job.ShortRun.AsDefault())
    .AddFilter(new SimpleFilter(benchmark => Width(benchmark.Descriptor.WorkloadMethod.Name) <= VectorWidth.Widest));
BenchmarkSwitcher.FromAssembly(typeof(WidthBenchmark).Assembly).Run(args, config);
return 0;

static int Width(string method) =>
    method.StartsWith(nameof(Width), StringComparison.Ordinal)
        ? int.Parse(method[nameof(Width).Length..], CultureInfo.InvariantCulture)
        : 0;
