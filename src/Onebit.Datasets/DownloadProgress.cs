namespace Onebit.Datasets;

/// <summary>How far the download of one file is.</summary>
/// <param name="File">The file's name, without its folder.</param>
/// <param name="ReceivedBytes">Bytes received so far.</param>
/// <param name="TotalBytes">Bytes of the whole file, or null where the server does not say.</param>
public readonly record struct DownloadProgress(string File, long ReceivedBytes, long? TotalBytes);
