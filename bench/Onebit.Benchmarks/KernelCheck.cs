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
        Rounds = 15,
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
                byte[] image = new byte[model.Input.Shape.Count];
                random.NextBytes(image);
                values[i] = ReferenceInterpreter.Run(model, image).Values;
            }

            foreach (FusedLinear layer in FusedLayer.ListOf(model.Operations, model.Values).OfType<FusedLinear>())
            {
                if (layer is { Pool: null, IsDense: true })
                {
                    continue;
                }

                Console.WriteLine($"  {Text(model, layer)}");
                foreach (int width in widths.Where(w => w <= VectorWidth.Widest))
                {
                    isRight &= Check(values, layer, width, Macs(model, layer));
                }
            }
        }

        return isRight ? 0 : 1;
    }

    private static bool Check(int[][][] images, FusedLinear layer, int width, double macs)
    {
        bool isRight = true;
        Type? chosen = KernelChooser.Convolution(layer, width)?.GetType();
        foreach (ConvolutionKernel kernel in Kernels(layer, width))
        {
            int wrong = 0;
            double nanoseconds = 0;
            for (int i = 0; i < Images; i++)
            {
                StoredValue read = new(layer.Source, 0),
                    given = new(layer.Result, 0);
                byte[] source = new byte[read.Bytes + Slack],
                    result = new byte[given.Bytes + Slack];
                read.Write(images[i][layer.Linear.Input], ref source[0]);
                nanoseconds = Time(kernel, source, read.Form, result, isTimed: i == Images - 1);
                int[] integers = given.Read(ref result[0], new int[layer.Result.Count]).ToArray();
                wrong += integers.Zip(images[i][layer.Output]).Count(pair => pair.First != pair.Second);
            }

            isRight &= wrong == 0;
            string name = kernel.GetType().Name.Split('`')[0],
                note = wrong > 0 ? $"{wrong:N0} of {Images * layer.Result.Count:N0} integers are wrong"
                : kernel.GetType() == chosen ? "chosen"
                : "";
            string time = Text(nanoseconds / 1000, "N2", 10),
                speed = Text(macs / nanoseconds, "N0", 6);
            Console.WriteLine($"    {name.PadRight(21)} {width} bits {time} us {speed} MAC/ns  {note}");
        }

        return isRight;
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

    /// <summary>Runs a kernel, and times it: the median of some rounds.</summary>
    private static double Time(ConvolutionKernel kernel, byte[] source, ValueForm form, byte[] result, bool isTimed)
    {
        var scratch = new AlignedBytes(kernel.ScratchBytes);
        kernel.Run(ref source[0], form, ref result[0], ref scratch.Start);
        if (!isTimed)
        {
            return 0;
        }

        double[] times = new double[Rounds + WarmUps];
        for (int round = 0; round < times.Length; round++)
        {
            if (round < WarmUps)
            {
                Thread.Sleep(150); // In the background, .NET compiles what ran often.
            }

            long start = Stopwatch.GetTimestamp(),
                runs = 0;
            do
            {
                kernel.Run(ref source[0], form, ref result[0], ref scratch.Start);
                runs++;
            } while (runs < Runs || Stopwatch.GetElapsedTime(start) < s_round);

            times[round] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / runs;
        }

        return times[WarmUps..].Order().ElementAt(Rounds / 2);
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
}
