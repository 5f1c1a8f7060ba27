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
        _places = new int[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            // Scores have 64 bits. Outputs of dense layers are written in whole vectors.
            _places[i] = _temporary;
            _temporary += Align((i < values.Length - 1 ? Bytes(values[i]) : values[i].Count * sizeof(long)) + Vector512<byte>.Count);
        }

        var steps = new List<Step>();
        int temporaryBytes = 0;
        var done = new bool[operations.Length];
        for (int i = 0; i < operations.Length; i++)
        {
            if (done[i])
            {
                continue;
            }

            var step = new Step(operations, values, _places, i, steps.LastOrDefault(), widestVector);
            temporaryBytes = Math.Max(temporaryBytes, step.TemporaryBytes);
            steps.Add(step);
            done.AsSpan(i, step.Operations).Fill(true);
            foreach (int plane in step.Planes)
            {
                done[plane] = true;
            }
        }

        _steps = [.. steps];
        ScratchBytes = checked(_temporary + temporaryBytes);
    }

    /// <summary>Bytes of scratch memory.</summary>
    public readonly int ScratchBytes;

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
                Dense(step, ref memory, ref source, ref result, ref temporary);
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
    public static ValueForm Form(ValueInfo value) =>
        value switch
        {
            { Kind: ElementKind.Integers } => ValueForm.Integers,
            { Bits: 1 } => ValueForm.Bits,
            { Bits: <= 8 } => ValueForm.Bytes,
            _ => ValueForm.Integers,
        };

    private static int Bytes(ValueInfo value) =>
        Form(value) switch
        {
            ValueForm.Bits => BitString.Words(value.Count) * sizeof(ulong),
            ValueForm.Bytes => value.Count,
            _ => value.Count * sizeof(int),
        };

    private Span<long> ScoresOf(ref byte memory) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, long>(ref Unsafe.Add(ref memory, _places[^1])), _values[^1].Channels);

    private void Dense(Step step, ref byte memory, ref byte source, ref byte result, ref byte temporary)
    {
        DenseKernel dense = step.Dense!;
        ref ulong planes = ref Unsafe.As<byte, ulong>(ref source);
        if (step.SourceForm != ValueForm.Bits)
        {
            Span<ulong> packed = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, ulong>(ref temporary), step.PlaneWords);
            if (step.SourceIsPacked)
            {
                // By the step before.
            }
            else if (step.SourceForm == ValueForm.Bytes)
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
        bool direct = requantize is null && step.Planes.Count == 1;
        Span<int> sums = MemoryMarshal.CreateSpan(
            ref Unsafe.As<byte, int>(ref direct ? ref result : ref temporary),
            step.Stage.Linear.Outputs
        );
        dense.Integers(input, sums, ref Unsafe.Add(ref temporary, Align(sums.Length * sizeof(int))));
        if (requantize is not null)
        {
            Endings.Requantize(requantize, sums, MemoryMarshal.CreateSpan(ref result, sums.Length));
        }
        else if (!direct)
        {
            int outputs = step.Result.Count;
            for (int i = 0; i < step.Planes.Count; i++)
            {
                ref byte place = ref Unsafe.Add(ref memory, _places[step.Planes[i] + 1]);
                sums.Slice(i * outputs, outputs).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref place), outputs));
            }
        }
    }

    /// <summary>Operations that are not worth a kernel of their own: on integers, by the plain code.</summary>
    private void Plain(Step step, ref byte memory, ref byte source, ref byte result, ref byte temporary)
    {
        if (step is { Operation: Scores scores, SourceForm: ValueForm.Integers })
        {
            ScalarKernel.Score(
                scores,
                MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, int>(ref source), step.Source.Count),
                ScoresOf(ref memory)
            );
            return;
        }

        if (step is { Operation: BitPlane plane, SourceForm: ValueForm.Bytes })
        {
            TakeBit(MemoryMarshal.CreateReadOnlySpan(ref source, step.Source.Count), plane.Bit, Words(ref result, step.Result));
            return;
        }

        if (step is { Operation: Requantize { OutputBits: 8 } requantize, Source: { Kind: ElementKind.Integers, Height: 1, Width: 1 } })
        {
            Endings.Requantize(
                requantize,
                MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, int>(ref source), step.Source.Count),
                MemoryMarshal.CreateSpan(ref result, step.Result.Count)
            );
            return;
        }

        Span<int> free = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref temporary), step.TemporaryBytes / sizeof(int));
        if (step.Operation is Scores last)
        {
            ScalarKernel.Score(last, Unpack(ref source, step.Source, ref free), ScoresOf(ref memory));
            return;
        }

        Span<int> y =
            step.ResultForm == ValueForm.Integers
                ? MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref result), step.Result.Count)
                : Take(ref free, step.Result.Count);
        if (step.Linear is { } linear)
        {
            ReadOnlySpan<int> x = Unpack(ref source, step.Source, ref free);
            Span<int> patch = Take(ref free, linear.PatchElements);
            linear.Run(x, y, patch, MemoryMarshal.Cast<int, ulong>(free)[..linear.PlaneWords]);
        }
        else if (step.Pool is { } pool)
        {
            Max(pool, Unpack(ref source, step.Source, ref free), step.Source, step.Result, free, y);
        }
        else if (step.Thresholds is { } thresholds)
        {
            thresholds.Count(Unpack(ref source, step.Source, ref free), y);
        }
        else
        {
            for (int i = 0; i < step.Operation.Inputs.Length; i++)
            {
                int input = step.Operation.Inputs.Span[i];
                Span<int> own = free;
                ScalarKernel.Apply(
                    step.Operation,
                    i,
                    _values[input],
                    Unpack(ref Unsafe.Add(ref memory, _places[input]), _values[input], ref own),
                    y
                );
            }
        }

        switch (step.ResultForm)
        {
            case ValueForm.Bits:
                Endings.Signs(y, Words(ref result, step.Result));
                break;
            case ValueForm.Bytes:
                Endings.Narrow(y, MemoryMarshal.CreateSpan(ref result, y.Length));
                break;
        }
    }

    /// <summary>Windows at all positions, in a copy with spare elements behind it; those of the stride are kept.</summary>
    private static void Max(MaxPool pool, ReadOnlySpan<int> x, ValueInfo shape, ValueInfo result, Span<int> copy, Span<int> y)
    {
        x.CopyTo(copy);
        Endings.Max(ref MemoryMarshal.GetReference(copy), x.Length, pool.Size, 1, shape.Width);
        for (int row = 0; row < result.Channels * result.Height; row++)
        {
            int first = (row / result.Height * shape.Height + row % result.Height * pool.Stride) * shape.Width;
            Endings.Keep(ref copy[first], pool.Stride, ref y[row * result.Width], result.Width);
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
            Endings.Scale(MemoryMarshal.CreateReadOnlySpan(ref source, value.Count), 0, add: false, integers);
            return integers;
        }

        ReadOnlySpan<ulong> words = Words(ref source, value);
        int zero = value.Kind == ElementKind.Signs ? -1 : 0,
            i = 0;
        Vector512<int> bits = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        for (; i + Vector512<int>.Count <= integers.Length; i += Vector512<int>.Count)
        {
            Vector512<int> some = Vector512.Create((int)(words[i / 64] >> (i & 63))) & bits;
            Vector512
                .ConditionalSelect(Vector512.Equals(some, Vector512<int>.Zero), Vector512.Create(zero), Vector512<int>.One)
                .CopyTo(integers[i..]);
        }

        for (; i < integers.Length; i++)
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

    /// <summary>One bit of each code.</summary>
    private static void TakeBit(ReadOnlySpan<byte> codes, int bit, Span<ulong> words)
    {
        words.Clear();
        int i = 0;
        for (; i + 32 <= codes.Length; i += 32)
        {
            words[i / 64] |= (ulong)(Vector256.Create(codes[i..]) << (7 - bit)).ExtractMostSignificantBits() << (i & 32);
        }

        for (; i < codes.Length; i++)
        {
            words[i / 64] |= (ulong)((codes[i] >> bit) & 1) << (i & 63);
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
    private sealed class Step
    {
        public readonly Operation Operation;
        public readonly Stage? Stage;
        public readonly DenseKernel? Dense;
        public readonly ConvolutionKernel? Convolution;
        public readonly ScalarLinear? Linear;
        public readonly ChannelThresholds? Thresholds;

        /// <summary>Pooling where those of all positions are no more work than the windows kept are one by one.</summary>
        public readonly MaxPool? Pool;

        public readonly ValueInfo Source,
            Result;
        public readonly ValueForm SourceForm,
            ResultForm;

        /// <summary>Where what is read lies, and where what is produced goes.</summary>
        public readonly int SourcePlace,
            ResultPlace;

        /// <summary>Words of the bit-planes that a dense kernel reads.</summary>
        public readonly int PlaneWords;

        /// <summary>They are still there from the step before.</summary>
        public readonly bool SourceIsPacked;

        public readonly int TemporaryBytes;

        /// <summary>How many operations it takes.</summary>
        public readonly int Operations = 1;

        /// <summary>
        /// The first of them, and dense layers of the same size behind it that read the same input: one kernel gives the sums
        /// of several planes of weights in little more time than those of one.
        /// </summary>
        public readonly List<int> Planes;

        // Joining copies weights: not those of a thousand layers again and again.
        private const int MostPlanes = 8;

        /// <summary>The step that begins at an operation and comes after another.</summary>
        public Step(Operation[] operations, ValueInfo[] values, int[] places, int first, Step? before, int widestVector)
        {
            Operation = operations[first];
            Source = values[Operation.Inputs.Span[0]];
            SourceForm = Form(Source);
            PlaneWords = Source.Bits * BitString.Words(Source.Count);
            (Stage? stage, int count) = Stage.At(operations, values, first);
            Planes = [first];
            for (
                int i = first + 1;
                IsPlane(stage) && Planes.Count < MostPlanes && i < operations.Length && operations[i] is Linear other;
                i++
            )
            {
                if (
                    other.Input == Operation.Inputs.Span[0]
                    && values[i + 1].Count == values[first + 1].Count
                    && IsPlane(Stage.At(operations, values, i).Stage)
                )
                {
                    Planes.Add(i);
                    stage = stage!.Joined(other);
                }
            }

            if (stage is { Ending: Scores or Requantize { OutputBits: 16 } })
            {
                // A plain step takes what no kernel ends with.
                (stage, count) = (stage.WithoutEnding(), count - 1);
            }

            if (stage is { IsDense: true, Pool: null })
            {
                Dense = DenseKernel.Create(stage, widestVector);
                TemporaryBytes = Align(PlaneWords * sizeof(ulong)) + Align(stage.Linear.Outputs * sizeof(int)) + Dense.ScratchBytes;
                (Stage, Operations) = (stage, count);
                SourceIsPacked = before is { Dense: not null } && before.Operation.Inputs.Span[0] == Operation.Inputs.Span[0];
            }
            else if (stage is not null && (Convolution = ConvolutionKernel.Create(stage, widestVector)) is not null)
            {
                TemporaryBytes = Convolution.ScratchBytes;
                (Stage, Operations) = (stage, count);
            }
            else
            {
                // All that it reads and gives as integers, one of several inputs at a time.
                Linear = Operation is Linear linear ? new ScalarLinear(linear, Source, values[first + 1]) : null;
                Thresholds = ChannelThresholds.Of(Operation, Source);
                long integers = 8L + values[first + 1].Count + (Linear?.PatchElements + 2L * Linear?.PlaneWords ?? 0),
                    largest = 0;
                for (int i = 0; i < Operation.Inputs.Length; i++)
                {
                    largest = Math.Max(largest, values[Operation.Inputs.Span[i]].Count);
                }

                if (Operation is MaxPool pool && Source.Count <= Vector512<int>.Count * values[first + 1].Count)
                {
                    Pool = pool;

                    // What is pooled, and what windows at its end reach beyond it.
                    integers += largest + (long)pool.Size * Source.Width + pool.Size + 2 * Vector512<int>.Count;
                }

                TemporaryBytes = checked((int)((integers + largest) * sizeof(int)));
            }

            Result = values[first + Operations];
            ResultForm = Form(Result);
            (SourcePlace, ResultPlace) = (places[Operation.Inputs.Span[0]], places[first + Operations]);
        }

        /// <summary>Whole bytes of weights, which can be put side by side.</summary>
        private static bool IsPlane(Stage? stage) =>
            stage is { IsDense: true, Pool: null, Ending: null } && (long)stage.Linear.Outputs * stage.FanIn % 8 == 0;
    }
}
