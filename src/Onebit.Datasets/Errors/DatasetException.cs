namespace Onebit.Datasets;

/// <summary>
/// A data set cannot be read, fetched or written for a reason the user can mend. <see cref="Exception.Message"/> is one
/// sentence that names the file or folder and says what to do; it can be shown as it is.
/// </summary>
public sealed class DatasetException : Exception
{
    /// <summary>An exception with the sentence to show.</summary>
    public DatasetException(string message)
        : base(message) { }

    /// <summary>An exception with the sentence to show and what caused it.</summary>
    public DatasetException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <summary>What went wrong, to be put into a sentence: .NET's messages are sentences themselves, at times several.</summary>
    internal static string Reason(Exception cause) => cause.Message.TrimEnd('.').Replace(". ", ", ", StringComparison.Ordinal);
}
