namespace Onebit.Training;

/// <summary>
/// Knowledge distillation (Hinton, Vinyals &amp; Dean 2015): besides the labels, the network learns the probabilities that
/// teachers give the same images, as they are after augmentation.
/// </summary>
/// <param name="Teachers">
/// Finished runs, whose probabilities are averaged. A name is one of three. That of an experiment stands for its run of the same seed,
/// whose folder lies beside this run's. One such as <c>mlp-float32-seed2</c> is that of a run's folder beside this run's. Or it is the path
/// of a run's folder.
/// </param>
/// <param name="Temperature">T: logits are divided by it, on both sides.</param>
/// <param name="Weight">w: the loss is <c>(1 - w) loss + w T^2 KL(teachers || network)</c>.</param>
/// <param name="Layers">
/// Layers whose values the network learns too, such as <c>block/0/out</c>: a layer's name or index, behind those of the repetitions around
/// it. Teachers have layers of the same names and shapes. Null: none.
/// </param>
/// <param name="LayerWeight">v: the loss grows by v times the mean squared difference of these values, the mean over layers.</param>
public sealed record DistillationSpec(
    IReadOnlyList<string> Teachers,
    double Temperature = DistillationSpec.DefaultTemperature,
    double Weight = 0.5,
    IReadOnlyList<string>? Layers = null,
    double LayerWeight = 1
)
{
    internal const double DefaultTemperature = 4;
}
