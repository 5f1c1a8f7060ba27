using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A packed model: a list of operations on integers of few bits, checked when it is built, that gives the same
/// integers and the same class on every machine. Immutable and thread-safe; predicting allocates nothing.
/// </summary>
public sealed class BitModel
{
    private readonly Operation[] _operations;
    private readonly ValueInfo[] _values;
    private readonly Scores _scores;
    private readonly SingleImage _single;
    private readonly Lazy<BatchKernel?>[] _batches;
    private readonly string[]? _classNames; // null: the numbers.
    private int[]? _encodedLengths;

    /// <summary>Checks the operations and infers shape, kind and range of every value.</summary>
    /// <param name="input">What the model reads.</param>
    /// <param name="operations">The operations in the order they run, the last one <see cref="Scores"/>.</param>
    /// <param name="classNames">
    /// One name per class, all different, each of 1 to 255 bytes of UTF-8 without control characters; null: "0", "1" and so on,
    /// which take no byte in the file.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The operations do not make a model, or the names do not fit; the message says why.
    /// </exception>
    public BitModel(ModelInput input, IReadOnlyList<Operation> operations, IReadOnlyList<string>? classNames = null)
        : this(input, operations, VectorWidth.Widest, classNames) { }

    private BitModel(
        (ModelInput Input, Operation[] Operations, string[]? ClassNames, ImagePreparation Preparation) file,
        ModelBudget budget
    )
        : this(file.Input, file.Operations, VectorWidth.Widest, file.ClassNames, budget) => Preparation = file.Preparation;

    /// <param name="input">What the model reads.</param>
    /// <param name="operations">The operations.</param>
    /// <param name="widestVector">Bits of the widest vectors to use, 64 to 512; wider than the processor's are emulated.</param>
    /// <param name="classNames">One per class, or null.</param>
    /// <param name="budget">What it may cost; null: what the format allows.</param>
    internal BitModel(
        ModelInput input,
        IReadOnlyList<Operation> operations,
        int widestVector,
        IReadOnlyList<string>? classNames = null,
        ModelBudget? budget = null
    )
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(operations);
        _operations = [.. operations];
        if (_operations.Contains(null))
        {
            throw new ArgumentException("An operation is null.", nameof(operations));
        }

        _values = ModelCheck.Infer(input, _operations, budget: budget);
        _scores = (Scores)_operations[^1];
        _classNames = ClassNaming.Check(classNames, ClassCount);
        var plan = new ExecutionPlan(input, _operations, _values, widestVector);
        _single = new SingleImage(plan);
        if (budget is not null)
        {
            ModelBudget.Require(_single.ScratchBytes, budget.ScratchBytes, "a prediction takes bytes of memory:");
        }

        _batches =
        [
            .. VectorWidth
                .ForBatches(widestVector)
                .Select(bits => new Lazy<BatchKernel?>(() => KernelChooser.Batch(input, plan.Layers, _values, bits, widestVector))),
        ];
        Input = input;
        Operations = Array.AsReadOnly(_operations);
        Values = Array.AsReadOnly(_values);
    }

    /// <summary>What the model reads.</summary>
    public ModelInput Input { get; }

    /// <summary>The operations in the order they run.</summary>
    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>Shape, kind and range of every value: 0 is the input, <c>i + 1</c> the output of operation <c>i</c>.</summary>
    public IReadOnlyList<ValueInfo> Values { get; }

    /// <summary>Number of classes, at least 2.</summary>
    public int ClassCount => _values[^1].Channels;

    /// <summary>What each class is called: "0", "1" and so on where the model has no names of its own.</summary>
    public IReadOnlyList<string> ClassNames => field ??= Array.AsReadOnly(_classNames ?? ClassNaming.Numbers(ClassCount));

    /// <summary>What was done to pictures before the model was trained on them.</summary>
    public ImagePreparation Preparation { get; private set; }

    /// <summary>The same model, whose file says what was done to the pictures that it was trained on.</summary>
    public BitModel WithPreparation(ImagePreparation preparation)
    {
        if (!Enum.IsDefined(preparation))
        {
            throw new ArgumentOutOfRangeException(nameof(preparation));
        }

        var copy = (BitModel)MemberwiseClone();
        copy.Preparation = preparation;
        return copy;
    }

    /// <summary>Reads a <c>.onebit</c> file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="budget">What the model may cost; null: that of <see cref="ModelBudget"/>, in proportion to the file's size.</param>
    /// <exception cref="InvalidDataException">The file is not a valid model; the message names it and says why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static BitModel Load(string path, ModelBudget? budget = null)
    {
        using FileStream stream = InputFile.Open(path);
        try
        {
            if (stream.Length > ModelLimits.MaxFileBytes)
            {
                throw new InvalidDataException($"A model is a file of at most {ModelLimits.MaxFileBytes} bytes.");
            }

            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return Read(content, budget);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads the content of a <c>.onebit</c> file.</summary>
    /// <param name="file">The content.</param>
    /// <param name="budget">What the model may cost; null: that of <see cref="ModelBudget"/>, in proportion to the file's size.</param>
    /// <exception cref="InvalidDataException">The content is not a valid model, or too costly; the message says why.</exception>
    public static BitModel Read(ReadOnlySpan<byte> file, ModelBudget? budget = null) =>
        new(ModelFile.Decode(file), budget ?? ModelBudget.Of(file.Length));

    /// <summary>Writes the model beside <paramref name="path"/> and renames, so that no reader ever sees half a file.</summary>
    /// <exception cref="IOException">The file cannot be written; what was there before is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, stream => stream.Write(ToBytes()));

    /// <summary>The content of the model's <c>.onebit</c> file.</summary>
    public byte[] ToBytes() => ModelFile.Encode(Input, _operations, _classNames, Preparation);

    /// <summary>Bytes that operation <paramref name="operation"/> takes in the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such operation.</exception>
    public int EncodedLength(int operation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(operation);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(operation, _operations.Length);
        return (_encodedLengths ??= OperationSequence.Write(new FileWriter(), _operations))[operation];
    }

    /// <summary>The class of one image, the lowest one of those with the largest score.</summary>
    /// <param name="pixels">Channels x height x width bytes, channel by channel, row by row.</param>
    /// <exception cref="ArgumentException">The image has another size than the model's input.</exception>
    public int Predict(ReadOnlySpan<byte> pixels)
    {
        CheckLength(nameof(pixels), pixels.Length, _values[0].Count);
        using var scratch = new Scratch(_single.ScratchBytes);
        return Best(_single.Run(pixels, scratch.Memory));
    }

    /// <summary>The class of one image and the scores it was chosen by.</summary>
    /// <param name="pixels">Channels x height x width bytes, channel by channel, row by row.</param>
    /// <param name="scores">Receives one score per class.</param>
    /// <exception cref="ArgumentException">The image or <paramref name="scores"/> has the wrong length.</exception>
    public int Predict(ReadOnlySpan<byte> pixels, Span<long> scores)
    {
        CheckLength(nameof(pixels), pixels.Length, _values[0].Count);
        CheckLength(nameof(scores), scores.Length, ClassCount);
        using var scratch = new Scratch(_single.ScratchBytes);
        _single.Run(pixels, scratch.Memory).CopyTo(scores);
        return Best(scores);
    }

    /// <summary>The classes of many images.</summary>
    /// <param name="images"><c>classes.Length</c> images one after another.</param>
    /// <param name="classes">Receives one class per image.</param>
    /// <exception cref="ArgumentException">The images do not have the length that <paramref name="classes"/> asks for.</exception>
    public void Predict(ReadOnlySpan<byte> images, Span<int> classes)
    {
        CheckLength(nameof(images), images.Length, (long)classes.Length * _values[0].Count);
        int pixels = _values[0].Count;
        while (classes.Length > 1 && Batch(classes.Length) is { } batch)
        {
            int count = Math.Min(batch.Images, classes.Length);
            using var scratch = new Scratch(batch.ScratchBytes);
            batch.Run(images[..(count * pixels)], classes[..count], scratch.Memory);
            images = images[(count * pixels)..];
            classes = classes[count..];
        }

        using var own = new Scratch(_single.ScratchBytes);
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = Best(_single.Run(images.Slice(i * pixels, pixels), own.Memory));
        }
    }

    /// <summary>The classes of many images, on several threads.</summary>
    /// <param name="images"><c>classes.Length</c> images one after another.</param>
    /// <param name="classes">Receives one class per image.</param>
    /// <param name="threads">Threads at most; -1: as many as the machine has processors.</param>
    /// <param name="cancellation">Stops between two parts of some hundred images; classes not yet predicted keep what they were.</param>
    /// <exception cref="ArgumentException">The images do not have the length that <paramref name="classes"/> asks for.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is 0 or below -1.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void PredictParallel(
        ReadOnlyMemory<byte> images,
        Memory<int> classes,
        int threads = -1,
        CancellationToken cancellation = default
    )
    {
        const int Part = 512; // Whole batches, whatever the width of the vectors.
        int pixels = _values[0].Count;
        CheckLength(nameof(images), images.Length, (long)classes.Length * pixels);
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Parallel.For(
            0,
            (classes.Length + Part - 1) / Part,
            options,
            part =>
            {
                int first = part * Part,
                    count = Math.Min(Part, classes.Length - first);
                Predict(images.Span.Slice(first * pixels, count * pixels), classes.Span.Slice(first, count));
            }
        );
    }

    /// <summary>Softmax of <c>score / 2^Shift</c>: for display, in floating point, not part of what is exact.</summary>
    /// <param name="scores">One score per class, from <see cref="Predict(ReadOnlySpan{byte}, Span{long})"/>.</param>
    /// <param name="probabilities">Receives one probability per class.</param>
    /// <exception cref="ArgumentException">A span has another length than <see cref="ClassCount"/>.</exception>
    public void Probabilities(ReadOnlySpan<long> scores, Span<double> probabilities)
    {
        CheckLength(nameof(scores), scores.Length, ClassCount);
        CheckLength(nameof(probabilities), probabilities.Length, ClassCount);
        long max = scores[Best(scores)];
        double sum = 0;
        for (int c = 0; c < scores.Length; c++)
        {
            // The distance to the largest score may take all 64 bits, but it is never negative.
            double distance = Math.ScaleB(unchecked((ulong)max - (ulong)scores[c]), -_scores.Shift);
            probabilities[c] = Math.Exp(-distance);
            sum += probabilities[c];
        }

        foreach (ref double probability in probabilities)
        {
            probability /= sum;
        }
    }

    /// <summary>
    /// Every value but the scores, which are 64-bit: element <c>i</c> is value <c>i</c>, 0 the input's codes. Signs are
    /// -1 and +1. For checking other implementations integer by integer.
    /// </summary>
    /// <param name="pixels">Channels x height x width bytes, channel by channel, row by row.</param>
    /// <exception cref="ArgumentException">The image has another size than the model's input.</exception>
    public int[][] Trace(ReadOnlySpan<byte> pixels) => ReferenceInterpreter.Run(this, pixels).Values;

    /// <summary>The class and the scores of one image by the reference interpreter, which all kernels must equal.</summary>
    internal int PredictPlainly(ReadOnlySpan<byte> pixels, Span<long> scores)
    {
        (_, long[] expected, int best) = ReferenceInterpreter.Run(this, pixels);
        expected.CopyTo(scores);
        return best;
    }

    /// <summary>The kernel for the next of so many images; null: one at a time is faster, or all there is.</summary>
    private BatchKernel? Batch(int images)
    {
        // A batch takes its time however few images are in it.
        foreach (Lazy<BatchKernel?> batch in _batches)
        {
            if (batch.Value is { } kernel && images >= 3 * kernel.Images / 4)
            {
                return kernel;
            }
        }

        return null;
    }

    /// <summary>
    /// Memory that begins at a whole vector, as long as the garbage collector does not move it: the thread's own where it
    /// is little, so that a prediction of a fraction of a microsecond does not wait for the pool, or else rented.
    /// </summary>
    private readonly ref struct Scratch
    {
        private const int Alignment = 64;
        private const int OwnBytes = 1 << 17;

        [ThreadStatic]
        private static byte[]? s_own;

        private readonly byte[]? _rented;

        public Scratch(int bytes)
        {
            byte[] memory =
                bytes > OwnBytes ? _rented = ArrayPool<byte>.Shared.Rent(bytes + Alignment) : s_own ??= new byte[OwnBytes + Alignment];
            nint address = Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetArrayDataReference(memory));
            Memory = memory.AsSpan((int)(-address & (Alignment - 1)), bytes);
        }

        public Span<byte> Memory { get; }

        public void Dispose()
        {
            if (_rented is not null)
            {
                ArrayPool<byte>.Shared.Return(_rented);
            }
        }
    }

    /// <summary>The first of the largest scores, without a branch to be guessed where vectors hold them.</summary>
    private static int Best(ReadOnlySpan<long> scores)
    {
        int best = 0,
            last = scores.Length - Vector512<long>.Count;
        if (last < 0 || !Vector512.IsHardwareAccelerated)
        {
            for (int c = 1; c < scores.Length; c++)
            {
                best = scores[c] > scores[best] ? c : best;
            }

            return best;
        }

        // Vectors one after another; the last one ends with the scores.
        Vector512<long> max = Vector512.Create(scores[last..]);
        for (int c = 0; c < last; c += Vector512<long>.Count)
        {
            max = Vector512.Max(max, Vector512.Create(scores[c..]));
        }

        Vector256<long> four = Vector256.Max(max.GetLower(), max.GetUpper());
        Vector128<long> two = Vector128.Max(four.GetLower(), four.GetUpper());
        max = Vector512.Create(Math.Max(two[0], two[1]));
        while (true)
        {
            best = Math.Min(best, last);
            ulong found = Vector512.Equals(Vector512.Create(scores[best..]), max).ExtractMostSignificantBits();
            if (found != 0)
            {
                return best + BitOperations.TrailingZeroCount(found);
            }

            best += Vector512<long>.Count;
        }
    }

    private static void CheckLength(string name, int length, long expected)
    {
        if (length != expected)
        {
            throw new ArgumentException($"The model needs {expected} elements here, not {length}.", name);
        }
    }
}
