using System.Text.Json.Serialization;

namespace Onebit.Training;

/// <summary>A trained network of <see cref="BinaryConnectStochastic"/> in one of its forms.</summary>
/// <param name="Form">What replaces the weights.</param>
/// <param name="Reestimated">Batch-normalization statistics were measured anew for this form.</param>
/// <param name="ValidationAccuracy">Fraction right; the packed form is chosen by it.</param>
/// <param name="TestAccuracy">Fraction right.</param>
public sealed record FormEvaluation(WeightForm Form, bool Reestimated, double ValidationAccuracy, double TestAccuracy)
{
    /// <summary>The name in results, such as <c>sign, statistics re-estimated</c>.</summary>
    [JsonIgnore]
    public string Name => Form.ToString().ToLowerInvariant() + (Reestimated ? ", statistics re-estimated" : "");

    /// <summary>The same in words for a report.</summary>
    [JsonIgnore]
    public string Description =>
        Form switch
        {
            WeightForm.Sampled => "drawn anew for each batch",
            WeightForm.Frozen => "one draw, kept",
            WeightForm.Sign => "the sign of the latent weight",
            _ => "the latent weight itself, 32 bits",
        } + (Reestimated ? ", batch-normalization statistics re-estimated" : "");
}
