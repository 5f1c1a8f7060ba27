namespace Onebit;

/// <summary>
/// A packed model: a list of operations on integers of few bits, checked when it is built, that gives the same
/// integers and the same class on every machine. It classifies, or it is a diffusion model, with which <see cref="Generator"/> draws.
/// Immutable and thread-safe; predicting allocates nothing. It is memory of .NET alone, so there is nothing to dispose.
/// </summary>
public sealed class BitModel
{
    private readonly Operation[] _operations;
    private readonly ValueInfo[] _values;
    private readonly Scores? _scores; // null: a diffusion model.
    private readonly SingleImage _single;
    private readonly Lazy<BatchKernel?>[] _batches;
    private readonly string[]? _classNames; // null: the numbers.
    private int[]? _encodedLengths;

    /// <summary>Checks the operations and infers shape, kind and range of every value.</summary>
    /// <param name="input">What the model reads.</param>
    /// <param name="operations">The operations in the order they run. A classifier's last one is <see cref="Scores"/>.</param>
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

        Input = input;
        _values = ModelCheck.Infer(input, _operations, budget: budget);
        _scores = _operations[^1] as Scores;
        _classNames = ClassNaming.Check(classNames, ClassCount);
        ExecutionPlan plan;
        try
        {
            plan = new ExecutionPlan(input, _operations, _values, widestVector);
            _single = new SingleImage(plan);
        }
        catch (OverflowException e)
        {
            throw new InvalidDataException("The model needs more than 2 GB of memory for one image.", e);
        }

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
        Operations = Array.AsReadOnly(_operations);
        Values = Array.AsReadOnly(_values);
    }

    /// <summary>What the model reads.</summary>
    public ModelInput Input { get; }

    /// <summary>The operations in the order they run.</summary>
    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>Shape, kind and range of every value: 0 is the input, <c>i + 1</c> the output of operation <c>i</c>.</summary>
    public IReadOnlyList<ValueInfo> Values { get; }

    /// <summary>Number of classes, at least 2, or 1 for a diffusion model.</summary>
    public int ClassCount => Input.Diffusion?.Classes ?? _values[^1].Channels;

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
            return Load(stream, budget);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a <c>.onebit</c> file from a stream to its end, such as an embedded resource.</summary>
    /// <param name="stream">The content; it stays open.</param>
    /// <param name="budget">What the model may cost; null: that of <see cref="ModelBudget"/>, in proportion to the content's size.</param>
    /// <exception cref="InvalidDataException">The content is not a valid model, or too costly; the message says why.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static BitModel Load(Stream stream, ModelBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Read(ModelFile.ReadAll(stream), budget);
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

    /// <summary>
    /// Bits of the widest signed integer on the way to the value of operation <paramref name="operation"/>, for any image: sums, products
    /// with multipliers, and these with their offsets. For code on machines whose integers have 16 or 32 bits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such operation.</exception>
    public int AccumulatorBits(int operation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(operation);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(operation, _operations.Length);
        ValueInfo[] inputs = Array.ConvertAll(_operations[operation].Inputs.ToArray(), value => _values[value]);
        return _operations[operation].AccumulatorBits(inputs, _values[operation + 1]);
    }

    /// <summary>The class of one image, the lowest one of those with the largest score.</summary>
    /// <param name="pixels">Channels x height x width bytes, channel by channel, row by row.</param>
    /// <exception cref="ArgumentException">The image has another size than the model's input.</exception>
    public int Predict(ReadOnlySpan<byte> pixels)
    {
        CheckImages(nameof(pixels), pixels.Length, 1);
        using var scratch = new Scratch(_single.ScratchBytes);
        return ClassScores.Best(_single.Run(pixels, scratch.Memory));
    }

    /// <summary>The class of one image and the scores it was chosen by.</summary>
    /// <param name="pixels">Channels x height x width bytes, channel by channel, row by row.</param>
    /// <param name="scores">Receives one score per class.</param>
    /// <exception cref="ArgumentException">The image or <paramref name="scores"/> has the wrong length.</exception>
    public int Predict(ReadOnlySpan<byte> pixels, Span<long> scores)
    {
        CheckImages(nameof(pixels), pixels.Length, 1);
        CheckScores(nameof(scores), scores.Length, 1);
        using var scratch = new Scratch(_single.ScratchBytes);
        _single.Run(pixels, scratch.Memory).CopyTo(scores);
        return ClassScores.Best(scores);
    }

    /// <summary>The class of one image, what it is called, and its probability.</summary>
    /// <param name="pixels">Channels x height x width bytes, channel by channel, row by row.</param>
    /// <exception cref="ArgumentException">The image has another size than the model's input.</exception>
    public Prediction Classify(ReadOnlySpan<byte> pixels)
    {
        CheckImages(nameof(pixels), pixels.Length, 1);
        using var scratch = new Scratch(_single.ScratchBytes);
        ReadOnlySpan<long> scores = _single.Run(pixels, scratch.Memory);
        int best = ClassScores.Best(scores);
        return new Prediction(best, ClassNames[best], 1 / ClassScores.SumOfExponentials(scores, scores[best], Scores.Shift));
    }

    /// <summary>The classes of many images.</summary>
    /// <param name="images"><c>classes.Length</c> images one after another.</param>
    /// <param name="classes">Receives one class per image.</param>
    /// <exception cref="ArgumentException">The images do not have the length that <paramref name="classes"/> asks for.</exception>
    public void PredictBatch(ReadOnlySpan<byte> images, Span<int> classes)
    {
        CheckImages(nameof(images), images.Length, classes.Length);
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
            classes[i] = ClassScores.Best(_single.Run(images.Slice(i * pixels, pixels), own.Memory));
        }
    }

    /// <summary>The classes of many images and the scores they were chosen by, one image at a time.</summary>
    /// <param name="images"><c>classes.Length</c> images one after another.</param>
    /// <param name="classes">Receives one class per image.</param>
    /// <param name="scores">Receives one score per image and class: first all of the first image.</param>
    /// <exception cref="ArgumentException">A span does not have the length that <paramref name="classes"/> asks for.</exception>
    public void PredictBatch(ReadOnlySpan<byte> images, Span<int> classes, Span<long> scores)
    {
        CheckImages(nameof(images), images.Length, classes.Length);
        CheckScores(nameof(scores), scores.Length, classes.Length);
        int pixels = _values[0].Count;
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = Predict(images.Slice(i * pixels, pixels), scores.Slice(i * ClassCount, ClassCount));
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
        CheckImages(nameof(images), images.Length, classes.Length);
        if (threads is 0 or < -1)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "Give a number from 1 on, or -1 for all processors.");
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Parallel.For(
            0,
            (classes.Length + Part - 1) / Part,
            options,
            part =>
            {
                int first = part * Part,
                    count = Math.Min(Part, classes.Length - first);
                PredictBatch(images.Span.Slice(first * pixels, count * pixels), classes.Span.Slice(first, count));
            }
        );
    }

    /// <summary>Softmax of <c>score / 2^Shift</c>: for display, in floating point, not part of what is exact.</summary>
    /// <param name="scores">One score per class, from <see cref="Predict(ReadOnlySpan{byte}, Span{long})"/>.</param>
    /// <param name="probabilities">Receives one probability per class.</param>
    /// <exception cref="ArgumentException">A span has another length than <see cref="ClassCount"/>.</exception>
    public void Probabilities(ReadOnlySpan<long> scores, Span<double> probabilities)
    {
        CheckScores(nameof(scores), scores.Length, 1);
        CheckScores(nameof(probabilities), probabilities.Length, 1);
        ClassScores.Probabilities(scores, Scores.Shift, probabilities);
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

    /// <summary>A diffusion model's clean image.</summary>
    /// <param name="input">Value 0: the noisy image, its noise level less 1, and the class.</param>
    /// <param name="image">Receives what the model predicts: an image in 2^-12, or the logits of bits in 2^-10.</param>
    internal void Denoise(ReadOnlySpan<int> input, Span<int> image)
    {
        using var scratch = new Scratch(_single.ScratchBytes);
        _single.Denoise(input, scratch.Memory).CopyTo(image);
    }

    private Scores Scores => _scores ?? throw new InvalidOperationException("A diffusion model classifies nothing; use Generator.");

    private void CheckImages(string name, int length, int images)
    {
        _ = Scores;
        long expected = (long)images * _values[0].Count;
        if (length != expected)
        {
            string what = images == 1 ? "An image" : $"{images} images";
            string grey = Input.Channels == 1 && length == 3 * expected ? " A colour image must be made grey first." : "";
            throw new ArgumentException(
                $"{what} of {Input.Shape} (channels x height x width) would be {expected} bytes, not {length}.{grey}",
                name
            );
        }
    }

    private void CheckScores(string name, int length, int images)
    {
        long expected = (long)images * ClassCount;
        if (length != expected)
        {
            string of = images == 1 ? "" : $" times {images} images";
            throw new ArgumentException($"{ClassCount} classes{of} need {expected} elements, not {length}.", name);
        }
    }
}
