namespace Onebit.Training;

/// <summary>Shapes of a learning rate over time.</summary>
public enum ScheduleType
{
    /// <summary>Half a cosine from the rate to 0, step by step (Loshchilov &amp; Hutter 2017).</summary>
    Cosine,

    /// <summary>Multiplied with the factor after each epoch.</summary>
    Exponential,
}
