namespace Onebit.Study;

/// <summary>Unlike <see cref="Progress{T}"/>, calls back at once on the reporting thread: nothing arrives late or out of order.</summary>
/// <typeparam name="T">What is reported.</typeparam>
public sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => report(value);
}
