namespace Onebit.Training;

/// <summary>The network holds something that no packed model can. The message says what.</summary>
public sealed class PackingException(string message, Exception? inner = null) : Exception(message, inner);
