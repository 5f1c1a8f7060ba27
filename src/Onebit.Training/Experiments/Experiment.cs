using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Onebit.Training;

/// <summary>All that decides a training run, as an experiment file writes it: values and nothing else.</summary>
public sealed record Experiment
{
    // Far beyond any that trains. Above it, steps would not be numbers of 32 bits.
    private const double MaxRate = 1e30;

    // With more, the first level flips fewer bits than a schedule counts.
    private const int MaxLevelsOfBits = 200;

    /// <summary>Options of every file in <c>experiments/</c>: camel case, comments allowed, unknown names refused.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Web)
        {
            AllowDuplicateProperties = false,
            AllowTrailingCommas = true,
            NumberHandling = JsonNumberHandling.Strict,
            ReadCommentHandling = JsonCommentHandling.Skip,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            AllowOutOfOrderMetadataProperties = true,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { MethodConverter.KeepOptions } },
            WriteIndented = true,
        };

    /// <summary>The file's name without extension.</summary>
    [JsonIgnore]
    public string Name { get; init; } = "";

    /// <summary>The file it was read from.</summary>
    [JsonIgnore]
    public string File { get; init; } = "";

    /// <summary>What is worth knowing about it; shown beside its results.</summary>
    public string? Note { get; init; }

    /// <summary>
    /// The known data set, or folder, it is meant for, used where no other is chosen; null: any, digits unless one is chosen.
    /// </summary>
    public string? Data { get; init; }

    /// <summary>The network: the name of a file in <c>networks/</c>, or an object with <c>name</c> and <c>layers</c>.</summary>
    public required NetworkSpec Network { get; init; }

    /// <summary>The method: its name, or an object with the name and the method's own options.</summary>
    public required Method Method { get; init; }

    /// <summary>How pixels are seen; null: bytes where weights are binarized, normalized where they are not.</summary>
    public PixelEncoding? Pixels { get; init; }

    /// <summary>
    /// The minimum byte that is 1 or +1 where pixels have one bit, 1 to 255; null: 128 for bits, 1 for signs. With augmentation a threshold
    /// of 1 would make strokes thicker in training than in the test: a rotated edge touches more pixels.
    /// </summary>
    public byte? PixelThreshold { get; init; }

    /// <summary>
    /// 32 keeps float activations, which no packed file can hold. 8 is a ReLU of 8 bits. Fewer are bits of the method's own binarizer.
    /// Null: the method's choice.
    /// </summary>
    public int? ActivationBits { get; init; }

    /// <summary>
    /// 32 keeps real weights, which no packed file can hold: the first of two stages. Fewer are bits of the method's own binarizer. Null:
    /// the method's choice.
    /// </summary>
    public int? WeightBits { get; init; }

    /// <summary>
    /// Bits of the multipliers that batch normalization becomes when it is packed. Offsets are rounded as coarsely. Few bits make a small
    /// file smaller. Accuracies are those of the rounded model. Null: 14, which changes next to nothing.
    /// </summary>
    public int? ScaleBits { get; init; }

    /// <summary>
    /// A finished run from whose weights and batch normalization this one starts, named as in <see cref="DistillationSpec.Teachers"/>;
    /// null: at random.
    /// </summary>
    public string? InitializeFrom { get; init; }

    /// <summary>Latent weights start at 0 instead of at random.</summary>
    public bool ZeroInit { get; init; }

    /// <summary>Passes over the training images.</summary>
    public required int Epochs { get; init; }

    /// <summary>Images per step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The optimizer.</summary>
    public required OptimizerSpec Optimizer { get; init; }

    /// <summary>What is minimized. Default: <see cref="LossType.CrossEntropy"/>.</summary>
    public LossType Loss { get; init; }

    /// <summary>Generation with a diffusion model; null: classification.</summary>
    public GenerationSpec? Generation { get; init; }

    /// <summary>Teachers; null: none.</summary>
    public DistillationSpec? Distillation { get; init; }

    /// <summary>What pushes latent weights away from 0; null: nothing.</summary>
    public WeightRegularizationSpec? WeightRegularization { get; init; }

    /// <summary>
    /// Decay of an exponential moving average (EMA) of all parameters, latent weights included. The average replaces the parameters when
    /// training ends. Then the statistics of batch normalization are measured anew. Curves are of the parameters themselves. Null: none.
    /// </summary>
    public double? EmaDecay { get; init; }

    /// <summary>The learning rate over time; null: constant.</summary>
    public ScheduleSpec? Schedule { get; init; }

    /// <summary>Random affine distortion of the training images; null: none.</summary>
    public AugmentationSpec? Augmentation { get; init; }

    /// <summary>How many training images, the last ones, are held out for validation; null: 5,000 (a sixth of small sets).</summary>
    public int? ValidationImages { get; init; }

    /// <summary>One run per seed. Default: <c>[1]</c>.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [1];

    /// <summary>How it trains, in one line.</summary>
    [JsonIgnore]
    public string Recipe =>
        string.Join(
            ", ",
            new[]
            {
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{JsonNamingPolicy.CamelCase.ConvertName($"{Optimizer.Type}")} {Optimizer.Rate}"
                ),
                Schedule is null ? "constant rate" : JsonNamingPolicy.CamelCase.ConvertName($"{Schedule.Type}"),
                $"batches of {BatchSize}",
                Epochs == 1 ? "1 epoch" : $"{Epochs} epochs",
                Augmentation is null ? null : "augmented",
                Distillation is null ? null : $"taught by {string.Join(", ", Distillation.Teachers)}",
                InitializeFrom is null ? null : $"starts from {InitializeFrom}",
            }.OfType<string>()
        );

    /// <summary>Resolved: <see cref="Pixels"/> or its default.</summary>
    [JsonIgnore]
    public PixelEncoding PixelEncoding =>
        Pixels
        ?? (
            Generation?.Pixels == GeneratedPixels.Bits ? PixelEncoding.Signs
            : Method.Binarizes ? PixelEncoding.Bytes
            : PixelEncoding.Normalized
        );

    /// <summary>The finished runs that this one needs, as it names them.</summary>
    [JsonIgnore]
    public IEnumerable<string> ParentRuns =>
        [.. Distillation?.Teachers ?? [], .. InitializeFrom is null ? Array.Empty<string>() : [InitializeFrom]];

    /// <summary>
    /// The experiment as canonical text: no spaces, names in order, and without values that equal their defaults. Two runs are the same
    /// when this is. Note, data and seeds are no part of it.
    /// </summary>
    public string ToCanonicalJson() => CanonicalJson.Write(this with { Note = null, Data = null, Seeds = [] });

    /// <summary>Checks all values.</summary>
    /// <exception cref="ExperimentException">Says which one to change, and to what.</exception>
    internal void Check()
    {
        Require(Epochs is >= 1 and <= 100_000, "epochs must be 1 to 100000");
        Require(BatchSize is >= 2 and <= 1_000_000, "batchSize must be 2 to 1000000");
        Require(Optimizer.Rate is > 0 and <= MaxRate, $"the optimizer's rate must be above 0 and at most {MaxRate:G1}");
        Require(Optimizer.Momentum is >= 0 and < 1, "the optimizer's momentum must be at least 0 and below 1");
        Require(
            !Optimizer.GlorotRates || Optimizer.Type != OptimizerType.Bop,
            "glorotRates are of adam and sgd; bop has no rate of weights"
        );
        Require(Optimizer.Type == OptimizerType.Sgd || Optimizer.Momentum == 0, "momentum is of sgd; leave it out");
        Require(Optimizer.Adaptivity is > 0 and <= 1, "the optimizer's adaptivity must be above 0 and at most 1");
        Require(Optimizer.Threshold >= 0 && double.IsFinite(Optimizer.Threshold), "the optimizer's threshold must be at least 0");
        Require(
            Optimizer.Type == OptimizerType.Bop
                || Optimizer is { Adaptivity: OptimizerSpec.DefaultAdaptivity, Threshold: OptimizerSpec.DefaultThreshold },
            "adaptivity and threshold are of bop; leave them out"
        );
        Require(
            PixelThreshold is null || (PixelThreshold > 0 && PixelEncoding is PixelEncoding.Bits or PixelEncoding.Signs),
            "pixelThreshold must be 1 to 255, and go with pixels of bits or signs"
        );
        Require(
            WeightBits is null or 32 || (Method.Binarizes && WeightBits >= Method.WeightBits && WeightBits <= Method.MaxWeightBits),
            $"weightBits must be 32{FewBits(Method, Method.WeightBits, Method.MaxWeightBits)}"
        );
        if (Method.FindMistake(WeightBits ?? Method.WeightBits) is { } mistake)
        {
            throw new ExperimentException(mistake + ".");
        }
        Require(
            ScaleBits is null || (Method.Binarizes && ScaleBits is >= 1 and <= Affine.MultiplierBits),
            $"scaleBits must be 1 to {Affine.MultiplierBits}, and go with a method that binarizes"
        );
        Require(EmaDecay is null or (> 0 and < 1), "emaDecay must be above 0 and below 1");
        Require(
            WeightRegularization is null || (Method.Binarizes && WeightRegularization is { Weight: > 0 and <= 1000, Start: >= 0 and < 1 }),
            "a weightRegularization's weight must be above 0 and at most 1000, its start at least 0 and below 1, and its method one that "
                + "binarizes"
        );
        Require(Generation is null or { Levels: >= 1 and <= 1000 }, "a generation's levels must be 1 to 1000");
        Require(
            Generation is null or { ClassDropout: >= 0 and < 1, Guidance: >= 0 and <= 100 },
            "a generation's classDropout must be at least 0 and below 1, its guidance 0 to 100"
        );
        Require(
            Generation is null or { Guidance: 0 } || Distillation is not null,
            "a generation's guidance is that of teachers; add a distillation"
        );
        Require(
            Generation is null || (Pixels is null && PixelThreshold is null && Loss == default),
            "a generation has pixels and a loss of its own; leave out pixels, pixelThreshold and loss"
        );
        Require(
            Generation is null || Distillation is null or { Layers: null, Temperature: DistillationSpec.DefaultTemperature },
            "a generation's distillation has teachers and weight alone; leave out temperature and layers"
        );
        Require(
            Generation is null or { Pixels: GeneratedPixels.Bytes } or { ClassDropout: 0, Guidance: 0, Levels: <= MaxLevelsOfBits },
            $"a generation of bits has no classes and at most {MaxLevelsOfBits} levels; leave out classDropout and guidance"
        );
        Require(Distillation is null or { Teachers.Count: > 0 }, "a distillation must name at least one teacher");
        Require(
            Distillation is null or { Temperature: > 0 and <= 1000, Weight: > 0 and <= 1 },
            "a distillation's temperature must be above 0 and at most 1000, its weight above 0 and at most 1"
        );
        Require(
            Distillation is null or { Layers: null, LayerWeight: 1 } or { Layers.Count: > 0, LayerWeight: > 0 and <= 1000 },
            "a distillation's layers must name at least one layer, and their weight must be above 0 and at most 1000"
        );
        foreach (string run in ParentRuns)
        {
            Naming.Check(run, "a name among teachers and initializeFrom");
        }

        Naming.Check(Network.Name, "the network's name");
        Require(
            ActivationBits is null or 32
                || (Method.Binarizes && (ActivationBits == 8 || (ActivationBits >= 1 && ActivationBits <= Method.MaxActivationBits))),
            Method.Binarizes
                ? $"activationBits must be 32, 8{FewBits(Method, 1, Method.MaxActivationBits)}"
                : $"activationBits must be 32 with {Method.Name}"
        );
        Require(Seeds.Count > 0 && Seeds.Distinct().Count() == Seeds.Count, "seeds must name at least one seed, each once");
        Require(ValidationImages is null or > 0, "validationImages must be above 0");
        Require(Schedule is null or { Factor: > 0 and <= 1 }, "a schedule's factor must be above 0 and at most 1");
        Require(
            Schedule is null or { Type: ScheduleType.Exponential } or { Factor: 1 },
            "a factor is of an exponential schedule; leave it out"
        );
        if (Augmentation is { } a)
        {
            Require(a.Rotation is >= 0 and <= 180, "an augmentation's rotation must be 0 to 180");
            Require(a.Translation is >= 0 and <= 1, "an augmentation's translation must be 0 to 1");
            Require(a.Scale is >= 0 and < 1, "an augmentation's scale must be at least 0 and below 1");
            Require(a.Shear is >= 0 and < 90, "an augmentation's shear must be at least 0 and below 90");
            Require(a.Epochs is null or >= 0, "an augmentation's epochs must be at least 0");
        }
        Require(Network.Layers.Count > 0, "its network has no layers");
        Network.ToGraph();
    }

    private static string FewBits(Method method, int min, int max) =>
        !method.Binarizes ? ""
        : max == min ? $" or {max}"
        : $" or, with {method.Name}, {min} to {max}";

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ExperimentException(otherwise + ".");
        }
    }
}
