using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;

namespace Onebit.Benchmarks;

/// <summary>
/// Runs every kernel that fits a convolution of a model, at every width, compares it with the reference interpreter and times it.
/// </summary>
internal static class KernelCheck
{
    private const int Images = 3,
        Rounds = 25,
        WarmUps = 4,
        Runs = 40, // of a round at least: .NET compiles a method again after 30.
        Slack = 1 << 13; // Kernels read and write whole vectors.

    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(2);

    /// <summary>The command <c>check [--width N] MODEL...</c>.</summary>
    /// <returns>The exit code: 0 where every kernel is right.</returns>
    public static int Run(string[] args)
    {
        int[] widths = [128, 256, 512];
        if (args is ["--width", var given, ..])
        {
            widths = [.. widths.Where(w => w.ToString(CultureInfo.InvariantCulture) == given)];
            args = args[2..];
        }

        if (args.Length == 0 || widths.Length == 0)
        {
            Console.Error.WriteLine("Name models, and 128, 256 or 512 bits: check [--width 256] models/mnist-micro.onebit");
            return 2;
        }

        bool isRight = true;
        foreach (string path in args)
        {
            BitModel model = BitModel.Load(path);
            Console.WriteLine(path);
            var random = new Random(1);
            int[][][] values = new int[Images][][];
            for (int i = 0; i < Images; i++)
            {
                values[i] = Values(model, random, i + 1);
            }

            foreach (FusedLinear layer in FusedLayer.ListOf(model.Operations, model.Values).OfType<FusedLinear>())
            {
                if (layer is { Pool: null, IsDense: true })
                {
                    continue;
                }

                Console.WriteLine($"  {Text(model, layer)}");
                isRight &= Check(values, layer, widths.Where(w => w <= VectorWidth.Widest), Macs(model, layer));
            }
        }

        return isRight ? 0 : 1;
    }

    /// <summary>All values of one random image, or of one step of a diffusion model.</summary>
    private static int[][] Values(BitModel model, Random random, int seed)
    {
        int count = model.Input.Shape.Count;
        if (model.Input.Diffusion is { } diffusion)
        {
            int[] input = [.. new int[count], random.Next(diffusion.Schedule.Levels), random.Next(diffusion.Classes)];
            Generator.FillNoise(seed, 0, input.AsSpan(0, count));
            (int[][] values, long[] output) = ReferenceInterpreter.Run(model, input.AsSpan());
            return [.. values, Array.ConvertAll(output, e => (int)e)];
        }

        byte[] image = new byte[count];
        random.NextBytes(image);
        return ReferenceInterpreter.Run(model, image).Values;
    }

    /// <summary>Compares all kernels of a layer with the reference interpreter, then times them in turn.</summary>
    private static bool Check(int[][][] images, FusedLinear layer, IEnumerable<int> widths, double macs)
    {
        Trial[] trials = [.. widths.SelectMany(w => Kernels(layer, w).Select(k => new Trial(k, w, layer)))];
        int[] wrong = [.. trials.Select(t => images.Sum(values => t.Wrong(values)))];
        double[][] times = [.. trials.Select(_ => new double[Rounds])];
        for (int round = -WarmUps; round < Rounds; round++)
        {
            for (int i = 0; i < trials.Length; i++)
            {
                double nanoseconds = trials[i].Time();
                if (round >= 0)
                {
                    times[i][round] = nanoseconds;
                }
            }

            if (round < 0)
            {
                Thread.Sleep(150); // In the background, .NET compiles what ran often.
            }
        }

        for (int i = 0; i < trials.Length; i++)
        {
            (ConvolutionKernel kernel, int width) = (trials[i].Kernel, trials[i].Width);
            double nanoseconds = times[i].Order().ElementAt(Rounds / 2);
            string note =
                wrong[i] > 0 ? $"{wrong[i]:N0} of {Images * layer.Result.Count:N0} integers are wrong"
                : kernel.GetType() == KernelChooser.Convolution(layer, width)!.GetType() ? "chosen"
                : "";
            string time = Text(nanoseconds / 1000, "N2", 10),
                speed = Text(macs / nanoseconds, "N0", 6);
            Console.WriteLine($"    {kernel.GetType().Name.Split('`')[0].PadRight(21)} {width} bits {time} us {speed} MAC/ns  {note}");
        }

        return wrong.All(w => w == 0);
    }

    private static IEnumerable<ConvolutionKernel> Kernels(FusedLinear layer, int width)
    {
        if (KernelChooser.Convolution(layer, width) is null)
        {
            return []; // Too large for any of them.
        }

        return width switch
        {
            512 => [.. Lookups<Vector512Ops, Vector512<ulong>>(), .. Products<Vector512Integers, Vector512<int>>()],
            256 => [.. Lookups<Vector256Ops, Vector256<ulong>>(), .. Products<Vector256Integers, Vector256<int>>()],
            _ => Lookups<Vector128Ops, Vector128<ulong>>(),
        };

        IEnumerable<ConvolutionKernel> Lookups<TOps, TVector>()
            where TOps : struct, ILookupOps<TVector>
            where TVector : struct
        {
            if (SharedSumConvolution<TOps, TVector>.Fits(layer))
            {
                yield return new SharedSumConvolution<TOps, TVector>(layer);
            }

            if (layer.Source.Bits == 1 && layer.FanIn <= short.MaxValue)
            {
                yield return new TableConvolution<TOps, TVector>(layer);
                yield return new PlaneConvolution<BitLanes<TOps, TVector>>(layer);
            }
            else if (LayerSums.Fit16Bits(layer))
            {
                yield return new PlaneConvolution<IntegerLanes<TOps, TVector, short>>(layer);
            }
            else
            {
                yield return new PlaneConvolution<IntegerLanes<TOps, TVector, int>>(layer);
            }
        }

        IEnumerable<ConvolutionKernel> Products<TOps, TVector>()
            where TOps : struct, IIntegerOps<TVector>
            where TVector : struct
        {
            if (DotConvolution<TOps, TVector>.Fits(layer))
            {
                yield return new DotConvolution<TOps, TVector>(layer);
            }
        }
    }

    private static long Macs(BitModel model, FusedLinear layer) => (long)model.Values[layer.First + 1].Count * layer.FanIn;

    private static string Text(double number, string format, int width) =>
        number.ToString(format, CultureInfo.InvariantCulture).PadLeft(width);

    private static string Text(BitModel model, FusedLinear layer)
    {
        (Linear linear, ValueInfo source) = (layer.Linear, layer.Source);
        string pool = layer.Pool is null ? "" : $", pool {layer.Pool.Size}";
        string input = $"{source.Channels} x {source.Height} x {source.Width} of {source.Bits} bits";
        return $"{input}, {linear.Label}{pool} -> {linear.Outputs}, {Macs(model, layer):N0} MAC";
    }

    /// <summary>A kernel with what it reads and writes.</summary>
    private sealed class Trial
    {
        private readonly FusedLinear _layer;
        private readonly StoredValue _read,
            _given;
        private readonly byte[] _source,
            _result;
        private readonly AlignedBytes _scratch;

        public Trial(ConvolutionKernel kernel, int width, FusedLinear layer)
        {
            (Kernel, Width, _layer) = (kernel, width, layer);
            (_read, _given) = (new StoredValue(layer.Source, 0), new StoredValue(layer.Result, 0));
            (_source, _result) = (new byte[_read.Bytes + Slack], new byte[_given.Bytes + Slack]);
            _scratch = new AlignedBytes(kernel.ScratchBytes);
        }

        public ConvolutionKernel Kernel { get; }

        public int Width { get; }

        /// <summary>The integers of an image that differ from the reference's values.</summary>
        public int Wrong(int[][] values)
        {
            _read.Write(values[_layer.Linear.Input], ref _source[0]);
            Run();
            int[] integers = _given.Read(ref _result[0], new int[_layer.Result.Count]).ToArray();
            return integers.Zip(values[_layer.Output]).Count(pair => pair.First != pair.Second);
        }

        /// <summary>Nanoseconds of a run, in one round.</summary>
        public double Time()
        {
            long start = Stopwatch.GetTimestamp(),
                runs = 0;
            do
            {
                Run();
                runs++;
            } while (runs < Runs || Stopwatch.GetElapsedTime(start) < s_round);

            return Stopwatch.GetElapsedTime(start).TotalNanoseconds / runs;
        }

        private void Run() => Kernel.Run(ref _source[0], _read.Form, ref _result[0], ref _scratch.Start);
    }
}
