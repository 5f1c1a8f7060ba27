using System.Buffers.Binary;
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
        WarmUps = 3,
        Slack = 1 << 13; // Kernels read and write whole vectors.

    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(2);

    /// <summary>The command <c>check [--width N] MODEL...</c>.</summary>
    /// <returns>The exit code: 0 where every kernel is right.</returns>
    public static int Run(string[] args)
    {
        int[] widths = [128, 256, 512];
        if (args is ["--width", var given, ..])
        {
            widths = [int.Parse(given, CultureInfo.InvariantCulture)];
            args = args[2..];
        }

        if (args.Length == 0)
        {
            Console.Error.WriteLine("Name models: check [--width 256] models/mnist-micro.onebit");
            return 2;
        }

        bool isRight = true;
        foreach (string path in args)
        {
            BitModel model = BitModel.Load(path);
            Console.WriteLine(path);
            foreach (FusedLinear layer in FusedLayer.ListOf(model.Operations, model.Values).OfType<FusedLinear>())
            {
                if (layer is { Pool: null, IsDense: true })
                {
                    continue;
                }

                Console.WriteLine($"  {Text(layer)}");
                foreach (int width in widths.Where(w => w <= VectorWidth.Widest))
                {
                    isRight &= Check(model, layer, width);
                }
            }
        }

        return isRight ? 0 : 1;
    }

    private static bool Check(BitModel model, FusedLinear layer, int width)
    {
        bool isRight = true;
        Type? chosen = KernelChooser.Convolution(layer, width)?.GetType();
        foreach (ConvolutionKernel kernel in Kernels(layer, width))
        {
            var random = new Random(1);
            int wrong = 0;
            double nanoseconds = 0;
            for (int i = 0; i < Images; i++)
            {
                byte[] image = new byte[model.Input.Shape.Count];
                random.NextBytes(image);
                int[][] values = ReferenceInterpreter.Run(model, image).Values;
                byte[] source = Stored(values[layer.Linear.Input], layer.Source),
                    result = new byte[layer.Result.Count * sizeof(int) + Slack];
                nanoseconds = Time(kernel, source, new StoredValue(layer.Source, 0).Form, result, isTimed: i == Images - 1);
                wrong += Differences(result, values[layer.Output], layer.Result);
            }

            isRight &= wrong == 0;
            long macs = Macs(layer);
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
        if (KernelChooser.Convolution(layer, width) is not { } chosen)
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
                Thread.Sleep(150); // .NET compiles the method again in the background.
            }

            long start = Stopwatch.GetTimestamp(),
                runs = 0;
            do
            {
                kernel.Run(ref source[0], form, ref result[0], ref scratch.Start);
                runs++;
            } while (Stopwatch.GetElapsedTime(start) < s_round);

            times[round] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / runs;
        }

        return times[WarmUps..].Order().ElementAt(Rounds / 2);
    }

    private static byte[] Stored(int[] values, ValueInfo info)
    {
        ValueForm form = new StoredValue(info, 0).Form;
        byte[] bytes = new byte[values.Length * sizeof(int) + Slack];
        for (int i = 0; i < values.Length; i++)
        {
            switch (form)
            {
                case ValueForm.Bits:
                    bytes[i / 8] |= (byte)((values[i] > 0 ? 1 : 0) << (i % 8));
                    break;
                case ValueForm.Bytes:
                    bytes[i] = (byte)values[i];
                    break;
                default:
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), values[i]);
                    break;
            }
        }

        return bytes;
    }

    private static int Differences(byte[] result, int[] expected, ValueInfo info)
    {
        byte[] stored = Stored(expected, info);
        int bits = new StoredValue(info, 0).Form == ValueForm.Integers ? 32 : FewBits(info);
        int wrong = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            wrong += PackedBits.Read(result, (long)i * bits, bits) == PackedBits.Read(stored, (long)i * bits, bits) ? 0 : 1;
        }

        return wrong;
    }

    private static int FewBits(ValueInfo info) => info.Bits > 1 ? 8 : 1;

    private static long Macs(FusedLinear layer)
    {
        Linear linear = layer.Linear;
        long height = (layer.Source.Height + 2 * linear.Padding - linear.KernelHeight) / linear.Stride + 1,
            width = (layer.Source.Width + 2 * linear.Padding - linear.KernelWidth) / linear.Stride + 1;
        return linear.Outputs * (long)layer.FanIn * height * width;
    }

    private static string Text(double number, string format, int width) =>
        number.ToString(format, CultureInfo.InvariantCulture).PadLeft(width);

    private static string Text(FusedLinear layer)
    {
        (Linear linear, ValueInfo source) = (layer.Linear, layer.Source);
        string pool = layer.Pool is null ? "" : $", pool {layer.Pool.Size}";
        string input = $"{source.Channels} x {source.Height} x {source.Width} of {source.Bits} bits";
        return $"{input}, {linear.Label}{pool} -> {linear.Outputs}, {Macs(layer):N0} MAC";
    }
}
