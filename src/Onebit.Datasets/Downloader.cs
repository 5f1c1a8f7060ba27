using System.Security.Cryptography;

namespace Onebit.Datasets;

/// <summary>Fetches the missing files of a known data set from its mirrors into its folder.</summary>
/// <param name="handler">Answers the requests.</param>
/// <param name="patience">How long a mirror may stay silent.</param>
internal sealed class Downloader(HttpMessageHandler handler, TimeSpan patience)
{
    // The largest IDX file fetched has 26 MB, the largest archive 561.
    private const long MaxBytes = 1 << 26,
        MaxPublishedBytes = 1 << 30;

    public static Downloader Default { get; } = new(new SocketsHttpHandler(), TimeSpan.FromSeconds(30));

    /// <param name="source">What to fetch, and from where.</param>
    /// <param name="missing">Canonical names of the files to fetch.</param>
    /// <param name="progress">Told of every piece received.</param>
    /// <exception cref="DatasetException">No mirror gave a file with the right content, or it cannot be written.</exception>
    public void Fetch(DatasetSource source, IReadOnlyList<string> missing, IProgress<LoadProgress>? progress)
    {
        foreach (string file in missing)
        {
            byte[] content = [];
            TryEach(
                source.Mirrors.Select(mirror => new Uri(mirror, file + ".gz")),
                address => content = FetchFile(address, file, source.Sha256[file], progress),
                $"{file}.gz of {source.Name}",
                $"put {string.Join(", ", missing.Select(name => name + ".gz"))} into {source.Folder}, "
                    + "or pass a folder that holds them with --data"
            );
            DatasetFile.Write(Path.Combine(source.Folder, file + ".gz"), stream => stream.Write(content));
        }
    }

    /// <summary>Fetches a file as its authors publish it, unless it is there.</summary>
    /// <exception cref="DatasetException">No address gave the right file, or it cannot be written.</exception>
    public void Fetch(PublishedFile file, IProgress<LoadProgress>? progress)
    {
        if (!File.Exists(file.Path))
        {
            string name = Path.GetFileName(file.Path),
                folder = Path.GetDirectoryName(file.Path)!;
            TryEach(file.Addresses, address => FetchFile(address, file, progress), name, $"fetch it by hand and put it into {folder}");
        }
    }

    private void TryEach(IEnumerable<Uri> addresses, Action<Uri> fetch, string what, string instead)
    {
        var failures = new List<string>();
        foreach (Uri address in addresses)
        {
            try
            {
                fetch(address);
                return;
            }
            catch (Exception e)
                when (e
                        is HttpRequestException
                            or IOException
                            or UnauthorizedAccessException
                            or OperationCanceledException
                            or DatasetException
                )
            {
                string reason = e switch
                {
                    OperationCanceledException => $"silent for {patience.TotalSeconds} seconds",
                    DatasetException => "not the original file",
                    _ => DatasetException.Reason(e.GetBaseException()),
                };
                failures.Add($"{address.Authority}: {reason}");
            }
        }

        throw new DatasetException($"{what} could not be fetched ({string.Join("; ", failures)}): {instead}.");
    }

    private void FetchFile(Uri address, PublishedFile file, IProgress<LoadProgress>? progress)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        AtomicFile.Write(
            file.Path,
            stream =>
            {
                using IncrementalHash hash = file.Hash();
                Download(
                    address,
                    MaxPublishedBytes,
                    piece =>
                    {
                        stream.Write(piece);
                        hash.AppendData(piece);
                    },
                    progress
                );
                file.Require(hash);
            }
        );
    }

    private byte[] FetchFile(Uri address, string file, string sha256, IProgress<LoadProgress>? progress)
    {
        using var received = new MemoryStream();
        Download(address, MaxBytes, received.Write, progress);
        byte[] content = received.ToArray();
        bool images = file.Contains("images", StringComparison.Ordinal);
        if (IdxArray.Read(new MemoryStream(content), file, images).Sha256() != sha256)
        {
            throw new DatasetException($"{address} has another SHA-256 than the original; fetch it from elsewhere.");
        }
        return content;
    }

    // On the thread pool, so that a caller's synchronization context cannot deadlock.
    private void Download(Uri address, long maxBytes, ReadOnlySpanAction received, IProgress<LoadProgress>? progress) =>
        Task.Run(() => DownloadAsync(address, maxBytes, received, progress)).GetAwaiter().GetResult();

    private async Task DownloadAsync(Uri address, long maxBytes, ReadOnlySpanAction received, IProgress<LoadProgress>? progress)
    {
        using var client = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        using var silence = new CancellationTokenSource(patience);
        using HttpResponseMessage response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        response.EnsureSuccessStatusCode();
        using Stream body = await response.Content.ReadAsStreamAsync(silence.Token);
        var piece = new byte[1 << 16];
        long count = 0;
        while (true)
        {
            silence.CancelAfter(patience);
            int length = await body.ReadAsync(piece, silence.Token);
            if (length == 0)
            {
                return;
            }

            count += length;
            if (count > maxBytes)
            {
                throw new IOException($"more than {maxBytes} bytes");
            }

            received(piece.AsSpan(0, length));
            progress?.Report(
                new LoadProgress(Path.GetFileName(address.AbsolutePath), count, response.Content.Headers.ContentLength, "bytes")
            );
        }
    }

    private delegate void ReadOnlySpanAction(ReadOnlySpan<byte> bytes);
}
