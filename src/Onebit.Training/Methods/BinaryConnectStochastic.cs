namespace Onebit.Training;

/// <summary>
/// Weights are drawn anew in each pass, with hard-sigmoid probability; activations: ReLU, rounded to 8 bits. A packed model needs fixed
/// weights, so after training a form is chosen for them.
/// </summary>
public sealed record BinaryConnectStochastic : Method
{
    /// <inheritdoc/>
    public override string Name => "binaryconnect-stochastic";

    /// <inheritdoc/>
    public override string Source => "Courbariaux, Bengio & David 2015, stochastic";

    /// <inheritdoc/>
    public override WeightBinarizer Weights(int bits, long[] shape) => new StochasticWeights();

    /// <inheritdoc/>
    public override int ActivationBits => 8;

    /// <summary>
    /// Evaluates every form and leaves the network in the one-bit form that is best on the validation images: a kept draw, or the signs with
    /// statistics measured anew for them.
    /// </summary>
    public override (IReadOnlyList<FormEvaluation> All, FormEvaluation Chosen)? ChooseForm(ITrainedNetwork network)
    {
        var all = new List<FormEvaluation>();
        foreach (WeightForm form in Enum.GetValues<WeightForm>())
        {
            Evaluate(form, recalibrate: false);
            if (network.HasBatchNorm && form != WeightForm.Sampled)
            {
                Evaluate(form, recalibrate: true);
            }
        }
        FormEvaluation chosen = all.Where(e => e.Form == WeightForm.Frozen || (e.Form == WeightForm.Sign && e.Reestimated))
            .MaxBy(e => e.ValidationAccuracy)!;
        Use(chosen.Form, chosen.Reestimated);
        return (all, chosen);

        void Evaluate(WeightForm form, bool recalibrate)
        {
            Use(form, recalibrate);
            (double validation, double test) = network.Evaluate();
            all.Add(new FormEvaluation(form, recalibrate, validation, test));
        }

        void Use(WeightForm form, bool recalibrate) =>
            network.Use(
                form switch
                {
                    WeightForm.Frozen => StochasticWeights.Sample,
                    WeightForm.Sign => latent => Binarizer.SignOf(latent).detach(),
                    WeightForm.Latent => latent => latent.detach(),
                    _ => null,
                },
                recalibrate
            );
    }
}
