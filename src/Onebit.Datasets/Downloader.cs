namespace Onebit.Datasets;

/// <summary>Fetches the missing files of a known data set from its mirrors into its folder.</summary>
/// <param name="handler">Answers the requests.</param>
/// <param name="patience">How long a mirror may stay silent.</param>
internal sealed class Downloader(HttpMessageHandler handler, TimeSpan patience)
{
    // The largest file fetched has 26 MB.
    private const int MaxBytes = 1 << 26;

    public static Downloader Default { get; } = new(new SocketsHttpHandler(), TimeSpan.FromSeconds(30));

    /// <param name="source">What to fetch, and from where.</param>
    /// <param name="missing">Canonical names of the files to fetch.</param>
    /// <param name="progress">Told of every piece received.</param>
    /// <exception cref="DatasetException">No mirror gave a file with the right content, or it cannot be written.</exception>
    public void Fetch(DatasetSource source, IReadOnlyList<string> missing, IProgress<LoadProgress>? progress)
    {
        foreach (string file in missing)
        {
            byte[]? content = null;
            var failures = new List<string>();
            foreach (Uri mirror in source.Mirrors)
            {
                try
                {
                    content = FetchFile(new Uri(mirror, file + ".gz"), file, source.Sha256[file], progress);
                    break;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or DatasetException)
                {
                    string reason = e switch
                    {
                        OperationCanceledException => $"silent for {patience.TotalSeconds} seconds",
                        DatasetException => "not the original file",
                        _ => DatasetException.Reason(e.GetBaseException()),
                    };
                    failures.Add($"{mirror.Authority}: {reason}");
                }
            }
            if (content is null)
            {
                string files = string.Join(", ", missing.Select(name => name + ".gz"));
                throw new DatasetException(
                    $"{file}.gz of {source.Name} could not be fetched ({string.Join("; ", failures)}): "
                        + $"put {files} into {source.Folder}, or pass a folder that holds them with --data."
                );
            }
            DatasetFile.Write(Path.Combine(source.Folder, file + ".gz"), stream => stream.Write(content));
        }
    }

    private byte[] FetchFile(Uri address, string file, string sha256, IProgress<LoadProgress>? progress)
    {
        // On the thread pool, so that a caller's synchronization context cannot deadlock.
        byte[] content = Task.Run(() => DownloadAsync(address, progress)).GetAwaiter().GetResult();
        bool images = file.Contains("images", StringComparison.Ordinal);
        if (IdxArray.Read(new MemoryStream(content), file, images).Sha256() != sha256)
        {
            throw new DatasetException($"{address} has another SHA-256 than the original; fetch it from elsewhere.");
        }
        return content;
    }

    private async Task<byte[]> DownloadAsync(Uri address, IProgress<LoadProgress>? progress)
    {
        using var client = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        using var silence = new CancellationTokenSource(patience);
        using HttpResponseMessage response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        response.EnsureSuccessStatusCode();
        using Stream body = await response.Content.ReadAsStreamAsync(silence.Token);
        using var received = new MemoryStream();
        var piece = new byte[1 << 16];
        while (true)
        {
            silence.CancelAfter(patience);
            int length = await body.ReadAsync(piece, silence.Token);
            if (length == 0)
            {
                return received.ToArray();
            }
            if (received.Length + length > MaxBytes)
            {
                throw new IOException($"more than {MaxBytes} bytes");
            }
            received.Write(piece, 0, length);
            progress?.Report(
                new LoadProgress(Path.GetFileName(address.AbsolutePath), received.Length, response.Content.Headers.ContentLength, "bytes")
            );
        }
    }
}
