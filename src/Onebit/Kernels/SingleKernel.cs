using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>One image, step by step: layers by the kernels made for them, all other operations by the plain ones.</summary>
internal sealed class SingleKernel
{
    private readonly ModelInput _input;
    private readonly ValueInfo[] _values;
    private readonly Step[] _steps;
    private readonly int[] _places;
    private readonly int _temporary;

    /// <param name="input">What turns pixels into codes.</param>
    /// <param name="operations">The model's operations.</param>
    /// <param name="values">Its values.</param>
    /// <param name="widestVector">Bits of the widest vector to use: 64, 128, 256 or 512.</param>
    public SingleKernel(ModelInput input, Operation[] operations, ValueInfo[] values, int widestVector)
    {
        (_input, _values) = (input, values);
        var steps = new List<Step>();
        for (int i = 0; i < operations.Length;)
        {
            (Step step, int count) = Step.At(operations, values, i, widestVector);
            steps.Add(step);
            i += count;
        }

        _places = new int[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            // Scores have 64 bits. Outputs of dense layers are written in whole vectors.
            _places[i] = _temporary;
            _temporary += Align((i < values.Length - 1 ? Bytes(values[i]) : values[i].Count * sizeof(long)) + Vector512<byte>.Count);
        }

        _steps = [.. steps.Select(s => s with { SourcePlace = _places[s.Input], ResultPlace = _places[s.Output] })];
        ScratchBytes = checked(_temporary + _steps.Max(s => s.TemporaryBytes));
    }

    /// <summary>Bytes of scratch memory.</summary>
    public int ScratchBytes { get; }

    /// <summary>Computes the scores of one image.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>; its contents do not matter.</param>
    /// <returns>One score a class, in scratch memory.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ReadOnlySpan<long> Run(ReadOnlySpan<byte> pixels, Span<byte> scratch)
    {
        ref byte memory = ref MemoryMarshal.GetReference(scratch);
        if (_input.Bits == 1)
        {
            PixelPlanes.Reach(pixels, _input.PixelThreshold, Words(ref memory, _values[0]));
        }
        else
        {
            pixels.CopyTo(scratch);
        }

        ref byte temporary = ref Unsafe.Add(ref memory, _temporary);
        foreach (Step step in _steps)
        {
            ref byte source = ref Unsafe.Add(ref memory, step.SourcePlace);
            ref byte result = ref Unsafe.Add(ref memory, step.ResultPlace);
            if (step.Dense is not null)
            {
                Dense(step, ref source, ref result, ref temporary);
            }
            else if (step.Convolution is { } convolution)
            {
                convolution.Run(ref source, step.SourceForm, ref result, ref temporary);
            }
            else
            {
                Plain(step, ref memory, ref source, ref result, ref temporary);
            }
        }

        return ScoresOf(ref memory);
    }

    /// <summary>How a value is kept.</summary>
    public static ValueForm Form(ValueInfo value) => value switch
    {
        { Kind: ElementKind.Integers } => ValueForm.Integers,
        { Bits: 1 } => ValueForm.Bits,
        { Bits: <= 8 } => ValueForm.Bytes,
        _ => ValueForm.Integers,
    };

    private static int Bytes(ValueInfo value) => Form(value) switch
    {
        ValueForm.Bits => BitString.Words(value.Count) * sizeof(ulong),
        ValueForm.Bytes => value.Count,
        _ => value.Count * sizeof(int),
    };

    private Span<long> ScoresOf(ref byte memory) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, long>(ref Unsafe.Add(ref memory, _places[^1])), _values[^1].Channels);

    private static void Dense(Step step, ref byte source, ref byte result, ref byte temporary)
    {
        DenseKernel dense = step.Dense!;
        ref ulong planes = ref Unsafe.As<byte, ulong>(ref source);
        if (step.SourceForm != ValueForm.Bits)
        {
            Span<ulong> packed = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, ulong>(ref temporary), step.PlaneWords);
            if (step.SourceForm == ValueForm.Bytes)
            {
                Pack(MemoryMarshal.CreateReadOnlySpan(ref source, step.Source.Count), step.Source.Bits, packed);
            }
            else
            {
                Pack(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, int>(ref source), step.Source.Count), step.Source.Bits, packed);
            }

            planes = ref MemoryMarshal.GetReference(packed);
            temporary = ref Unsafe.Add(ref temporary, Align(packed.Length * sizeof(ulong)));
        }

        ReadOnlySpan<ulong> input = MemoryMarshal.CreateReadOnlySpan(ref planes, step.PlaneWords);
        if (step.ResultForm == ValueForm.Bits)
        {
            dense.Signs(input, ref Unsafe.As<byte, ulong>(ref result), ref temporary);
            return;
        }

        Requantize? requantize = step.Stage!.Ending as Requantize;
        ref byte place = ref requantize is null ? ref result : ref temporary;
        Span<int> sums = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref place), step.Stage.Linear.Outputs);
        dense.Integers(input, sums, ref Unsafe.Add(ref temporary, Align(sums.Length * sizeof(int))));
        if (requantize is not null)
        {
            Endings.Requantize(requantize, sums, MemoryMarshal.CreateSpan(ref result, sums.Length));
        }
    }

    /// <summary>Operations that are not worth a kernel of their own: on integers, by the plain code.</summary>
    private void Plain(Step step, ref byte memory, ref byte source, ref byte result, ref byte temporary)
    {
        if (step is { Operation: Scores scores, SourceForm: ValueForm.Integers })
        {
            ScalarKernel.Score(scores, MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, int>(ref source), step.Source.Count), ScoresOf(ref memory));
            return;
        }

        Span<int> free = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref temporary), (int)(step.TemporaryBytes / sizeof(int)));
        ReadOnlySpan<int> x = Unpack(ref source, step.Source, ref free);
        if (step.Operation is Scores last)
        {
            ScalarKernel.Score(last, x, ScoresOf(ref memory));
            return;
        }

        ReadOnlySpan<int> other = step.Operation is Add add ? Unpack(ref Unsafe.Add(ref memory, _places[add.Other]), _values[add.Other], ref free) : default;
        Span<int> y = Form(step.Result) == ValueForm.Integers ? MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref result), step.Result.Count) : Take(ref free, step.Result.Count);
        if (step.Linear is { } linear)
        {
            Span<int> patch = Take(ref free, linear.PatchElements);
            linear.Run(x, y, patch, MemoryMarshal.Cast<int, ulong>(free)[..linear.PlaneWords]);
        }
        else
        {
            ScalarKernel.Apply(step.Operation, step.Source, x, other, y);
        }

        switch (Form(step.Result))
        {
            case ValueForm.Bits:
                Span<ulong> words = Words(ref result, step.Result);
                words.Clear();
                for (int i = 0; i < y.Length; i++)
                {
                    words[i / 64] |= (y[i] > 0 ? 1UL : 0) << (i & 63);
                }

                break;
            case ValueForm.Bytes:
                for (int i = 0; i < y.Length; i++)
                {
                    Unsafe.Add(ref result, i) = (byte)y[i];
                }

                break;
        }
    }

    /// <summary>A value as integers: itself, or written into free memory.</summary>
    private static ReadOnlySpan<int> Unpack(ref byte source, ValueInfo value, ref Span<int> free)
    {
        if (Form(value) == ValueForm.Integers)
        {
            return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, int>(ref source), value.Count);
        }

        Span<int> integers = Take(ref free, value.Count);
        if (Form(value) == ValueForm.Bytes)
        {
            Endings.Widen(MemoryMarshal.CreateReadOnlySpan(ref source, value.Count), MemoryMarshal.AsBytes(integers));
            return integers;
        }

        ReadOnlySpan<ulong> words = Words(ref source, value);
        int zero = value.Kind == ElementKind.Signs ? -1 : 0;
        for (int i = 0; i < integers.Length; i++)
        {
            integers[i] = ((words[i / 64] >> (i & 63)) & 1) != 0 ? 1 : zero;
        }

        return integers;
    }

    /// <summary>Codes of 8 or fewer bits to bit-planes, each of <see cref="BitString.Words"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Pack(ReadOnlySpan<byte> codes, int bits, Span<ulong> planes)
    {
        int words = BitString.Words(codes.Length);
        ref byte code = ref MemoryMarshal.GetReference(codes);
        planes.Clear();
        int i = 0;
        for (; Vector512.IsHardwareAccelerated && i + 64 <= codes.Length; i += 64)
        {
            Vector512<byte> some = Vector512.LoadUnsafe(ref code, (nuint)i);
            for (int p = 0; p < bits; p++)
            {
                Vector512<byte> bit = Vector512.Create((byte)(1 << p));
                planes[p * words + i / 64] = Vector512.Equals(some & bit, bit).ExtractMostSignificantBits();
            }
        }

        for (; i + 32 <= codes.Length; i += 32)
        {
            // The highest bit of each byte is taken; the next one moves up.
            Vector256<byte> some = Vector256.LoadUnsafe(ref code, (nuint)i) << (8 - bits);
            for (int p = bits - 1; p >= 0; p--, some += some)
            {
                planes[p * words + i / 64] |= (ulong)some.ExtractMostSignificantBits() << (i & 32);
            }
        }

        for (; i < codes.Length; i++)
        {
            for (int p = 0; p < bits; p++)
            {
                planes[p * words + i / 64] |= (ulong)((codes[i] >> p) & 1) << (i & 63);
            }
        }
    }

    /// <summary>Wider codes likewise.</summary>
    private static void Pack(ReadOnlySpan<int> codes, int bits, Span<ulong> planes)
    {
        int words = BitString.Words(codes.Length);
        planes.Clear();
        for (int i = 0; i < codes.Length; i++)
        {
            for (int p = 0; p < bits; p++)
            {
                planes[p * words + i / 64] |= (ulong)((codes[i] >> p) & 1) << (i & 63);
            }
        }
    }

    private static Span<int> Take(ref Span<int> free, int count)
    {
        Span<int> taken = free[..count];
        free = free[((count + 1) & ~1)..]; // What comes next may be 64-bit words.
        return taken;
    }

    private static Span<ulong> Words(ref byte place, ValueInfo value) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, ulong>(ref place), BitString.Words(value.Count));

    private static int Align(int bytes) => (bytes + 63) & ~63;

    /// <summary>A layer with its kernel, or one operation without.</summary>
    private sealed record Step(
        Operation Operation, ValueInfo Source, ValueInfo Result, int Input, int Output, Stage? Stage,
        DenseKernel? Dense, ConvolutionKernel? Convolution, ScalarLinear? Linear, int TemporaryBytes)
    {
        /// <summary>Where what is read lies.</summary>
        public int SourcePlace { get; init; }

        /// <summary>Where what is produced goes.</summary>
        public int ResultPlace { get; init; }

        public ValueForm SourceForm { get; } = Form(Source);

        public ValueForm ResultForm { get; } = Form(Result);

        /// <summary>Words of the bit-planes that a dense kernel reads.</summary>
        public int PlaneWords { get; } = Source.Bits * BitString.Words(Source.Count);

        /// <summary>The step that begins at an operation, and how many operations it takes.</summary>
        public static (Step Step, int Operations) At(Operation[] operations, ValueInfo[] values, int first, int widestVector)
        {
            (Stage? stage, int count) = Stage.At(operations, values, first);
            if (stage is { Ending: Scores or Requantize { OutputBits: 16 } })
            {
                // A plain step takes what no kernel ends with.
                stage = stage with { Ending = null, Output = stage.Output - 1 };
                count--;
            }

            Operation operation = operations[first];
            if (stage is { IsDense: true, Pool: null })
            {
                var dense = DenseKernel.Create(stage, widestVector);
                int planes = BitString.Words(stage.Source.Count) * stage.Source.Bits * sizeof(ulong);
                int bytes = Align(planes) + Align(stage.Linear.Outputs * sizeof(int)) + dense.ScratchBytes;
                return (Make(stage.Output, stage, dense, null, null, bytes), count);
            }

            if (stage is not null && ConvolutionKernel.Create(stage, widestVector) is { } convolution)
            {
                return (Make(stage.Output, stage, null, convolution, null, convolution.ScratchBytes), count);
            }

            ScalarLinear? linear = operation is Linear l ? new ScalarLinear(l, values[l.Input], values[first + 1]) : null;
            int other = operation is Add add ? values[add.Other].Count : 0;
            long integers = 8L + values[operation.Input].Count + other + values[first + 1].Count + (linear?.PatchElements + 2L * linear?.PlaneWords ?? 0);
            return (Make(first + 1, null, null, null, linear, checked((int)(integers * sizeof(int)))), 1);

            Step Make(int output, Stage? stage, DenseKernel? dense, ConvolutionKernel? convolution, ScalarLinear? linear, int bytes) =>
                new(operation, values[operation.Input], values[output], operation.Input, output, stage, dense, convolution, linear, bytes);
        }
    }
}
