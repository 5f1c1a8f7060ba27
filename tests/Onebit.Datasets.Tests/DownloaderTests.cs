using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Onebit.Datasets.Tests;

public class DownloaderTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, byte[]> s_contents = new()
    {
        ["train-images-idx3-ubyte"] = Idx.Images(6),
        ["train-labels-idx1-ubyte"] = Idx.Labels(0, 1, 2, 3, 2, 1),
        ["t10k-images-idx3-ubyte"] = Idx.Images(2, first: 100),
        ["t10k-labels-idx1-ubyte"] = Idx.Labels(0, 1),
    };

    private static IEnumerable<string> Zipped => s_contents.Keys.Select(name => name + ".gz").Order();

    [Fact]
    public void Missing_files_are_fetched_once()
    {
        using var folder = new TemporaryFolder();
        using var server = new Server(uri => Good(uri));
        DatasetSource source = Source(Path.Combine(folder.Path, "onebit", "small"), "http://first/below/");
        var progress = new Recorder();
        Assert.Equal(6, DatasetLoader.Load(source, new Downloader(server, s_patience), progress).AllTrain.Count);
        Assert.Equal(Zipped, Directory.EnumerateFiles(source.Folder).Select(Path.GetFileName).Order());
        Assert.Equal(Zipped.Select(name => "http://first/below/" + name), server.Asked.Order());
        Assert.Equal(4, progress.Reports.Count);
        Assert.All(
            progress.Reports,
            report =>
            {
                Assert.Equal(new FileInfo(Path.Combine(source.Folder, report.What)).Length, report.Done);
                Assert.Equal(report.Done, report.Total);
            }
        );

        Assert.Equal(2, DatasetLoader.Load(source, new Downloader(server, s_patience)).Test.Count);
        Assert.Equal(4, server.Asked.Count);
    }

    [Fact]
    public void A_test_set_fetches_its_two_files_only()
    {
        using var folder = new TemporaryFolder();
        using var server = new Server(uri => Good(uri));
        Assert.Equal(2, DatasetLoader.LoadTest(Source(folder.Path, "http://first/"), new Downloader(server, s_patience)).Count);
        Assert.Equal(["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"], folder.FileNames);
    }

    [Fact]
    public void Files_put_there_by_hand_are_taken()
    {
        using var folder = new TemporaryFolder();
        using var server = new Server(_ => new HttpResponseMessage(HttpStatusCode.NotFound));
        foreach ((string name, byte[] content) in s_contents)
        {
            folder.Add(name, content);
        }
        Assert.Equal(6, DatasetLoader.Load(Source(folder.Path, "http://first/"), new Downloader(server, s_patience)).AllTrain.Count);
        Assert.Empty(server.Asked);
    }

    public static TheoryData<string, Func<Uri, HttpResponseMessage>> Failures =>
        new()
        {
            { "404", _ => new HttpResponseMessage(HttpStatusCode.NotFound) },
            { "not the original file", _ => Answer([]) },
            { "not the original file", _ => Answer("<html>Please log in</html>"u8.ToArray()) },
            { "not the original file", uri => Answer(Content(uri)[..^1]) },
            {
                "not the original file",
                uri => Answer(Idx.Gzip(uri.AbsolutePath.Contains("images") ? Idx.Images(6, first: 1) : Idx.Labels(9, 9)))
            },
            { "no route", _ => throw new HttpRequestException("wrapped", new IOException("no route.")) },
            {
                "silent for 0.2 seconds",
                _ => new HttpResponseMessage { Content = new StreamContent(new Silence()) }
            },
            {
                $"more than {1 << 26} bytes",
                _ => new HttpResponseMessage { Content = new StreamContent(new Endless()) }
            },
        };

    [Theory]
    [MemberData(nameof(Failures))]
    public void What_cannot_be_fetched_is_said_in_one_sentence(string why, Func<Uri, HttpResponseMessage> answer)
    {
        using var folder = new TemporaryFolder();
        using var server = new Server(answer);
        folder.Add("train-images-idx3-ubyte", s_contents["train-images-idx3-ubyte"]);
        var downloader = new Downloader(server, TimeSpan.FromSeconds(0.2));
        Idx.Refused(
            () => DatasetLoader.Load(Source(folder.Path, "http://first/"), downloader),
            "small",
            "(first: ",
            why,
            folder.Path,
            "--data",
            "put train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz into"
        );
        Assert.Equal(["train-images-idx3-ubyte"], folder.FileNames);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void The_next_mirror_is_tried(string why, Func<Uri, HttpResponseMessage> answer)
    {
        Assert.NotEmpty(why);
        using var folder = new TemporaryFolder();
        using var server = new Server(uri => uri.Host == "first" ? answer(uri) : Good(uri));
        DatasetSource source = Source(folder.Path, "http://first/", "http://second/");
        Assert.Equal(2, DatasetLoader.LoadTest(source, new Downloader(server, TimeSpan.FromSeconds(0.2))).Count);
        Assert.Equal(["first", "second", "first", "second"], server.Asked.Select(uri => new Uri(uri).Host));
    }

    [Fact]
    public void A_damaged_file_in_the_cache_is_named()
    {
        using var folder = new TemporaryFolder();
        using var server = new Server(uri => Good(uri));
        string path = folder.Add("t10k-images-idx3-ubyte.gz", Idx.Gzip(Idx.Images(2)));
        Idx.Refused(() => DatasetLoader.LoadTest(Source(folder.Path, "http://first/"), new Downloader(server, s_patience)), path, "delete");
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_named()
    {
        using var folder = new TemporaryFolder();
        using var server = new Server(uri => Good(uri));
        string file = folder.Add("file", []);
        Idx.Refused(() => DatasetLoader.LoadTest(Source(file, "http://first/"), new Downloader(server, s_patience)), file, "written");
    }

    [Fact]
    public async Task Files_come_over_a_real_connection()
    {
        using var folder = new TemporaryFolder();
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";
        // The first answer breaks off before its announced end.
        Task serving = Serve(listener, 5, 0, 0);
        var downloader = new Downloader(handler, s_patience);
        Idx.Refused(() => DatasetLoader.LoadTest(Source(folder.Path, address), downloader), "127.0.0.1", "ended prematurely");
        Assert.Empty(folder.FileNames);
        Assert.Equal(2, DatasetLoader.LoadTest(Source(folder.Path, address), downloader).Count);
        Assert.Equal(["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"], folder.FileNames);
        await serving;
    }

    [Fact]
    public void A_refused_connection_is_said_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";
        listener.Stop();
        Idx.Refused(
            () => DatasetLoader.LoadTest(Source(folder.Path, address), new Downloader(handler, s_patience)),
            "127.0.0.1",
            "put t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz into",
            folder.Path
        );
    }

    private static async Task Serve(TcpListener listener, params int[] cut)
    {
        foreach (int bytes in cut)
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            NetworkStream stream = client.GetStream();
            var request = new StringBuilder();
            var piece = new byte[1024];
            while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                request.Append(Encoding.ASCII.GetString(piece, 0, await stream.ReadAsync(piece)));
            }
            byte[] content = Content(new Uri("http://local" + request.ToString().Split(' ')[1]));
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n")
            );
            await stream.WriteAsync(content.AsMemory(bytes));
        }
    }

    private static DatasetSource Source(string folder, params string[] mirrors) =>
        new(
            "small",
            folder,
            s_contents.ToDictionary(file => file.Key, file => Convert.ToHexStringLower(SHA256.HashData(file.Value))),
            [.. mirrors.Select(mirror => new Uri(mirror))]
        );

    private static byte[] Content(Uri uri) => Idx.Gzip(s_contents[Path.GetFileNameWithoutExtension(uri.AbsolutePath)]);

    private static HttpResponseMessage Good(Uri uri) => Answer(Content(uri));

    private static HttpResponseMessage Answer(byte[] content) => new() { Content = new ByteArrayContent(content) };

    internal sealed class Server(Func<Uri, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<string> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!.AbsoluteUri);
            return Task.FromResult(answer(request.RequestUri));
        }
    }

    private sealed class Recorder : IProgress<LoadProgress>
    {
        public List<LoadProgress> Reports { get; } = [];

        public void Report(LoadProgress value) => Reports.Add(value);
    }

    /// <summary>Never gives a byte.</summary>
    private sealed class Silence : Body
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }

    /// <summary>Never ends.</summary>
    private sealed class Endless : Body
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(buffer.Length);
    }

    private abstract class Body : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
