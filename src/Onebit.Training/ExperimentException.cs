namespace Onebit.Training;

/// <summary>An experiment that cannot be run as written. The message is one sentence for the person who wrote it.</summary>
public sealed class ExperimentException(string message) : Exception(message);
