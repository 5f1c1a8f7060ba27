namespace Onebit.Export;

/// <summary>A tool that should run an exported model failed.</summary>
/// <param name="message">A sentence for the user.</param>
public sealed class VerificationException(string message) : Exception(message);
