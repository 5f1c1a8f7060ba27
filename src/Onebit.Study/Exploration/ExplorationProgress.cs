namespace Onebit.Study;

/// <summary>Where a part of an exploration stands.</summary>
/// <param name="Task">Which part.</param>
/// <param name="Done">Share done, 0 to 1.</param>
/// <param name="Detail">What there is to say.</param>
public sealed record ExplorationProgress(string Task, double Done, string Detail);
