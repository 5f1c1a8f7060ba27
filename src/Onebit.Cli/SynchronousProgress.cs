namespace Onebit.Cli;

/// <summary>Unlike <see cref="Progress{T}"/>, calls back at once on the reporting thread: nothing arrives late or out of order.</summary>
internal sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
