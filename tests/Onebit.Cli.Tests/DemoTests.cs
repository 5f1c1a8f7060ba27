using Onebit.Export;

namespace Onebit.Cli.Tests;

/// <summary><c>onebit demo</c> writes pages that hold what they need, and nothing more.</summary>
public sealed class DemoTests : IDisposable
{
    private const int MaxTinyBytes = 32_000,
        MaxFullBytes = 600_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Write it anew: <c>onebit demo --out docs/demo/index.html</c>.</summary>
    [Fact]
    public void The_page_of_the_documentation_is_what_the_command_writes()
    {
        string page = Page([]);
        Assert.InRange(page.Length, 300_000, MaxFullBytes);
        Assert.True(
            File.ReadAllText(Path.Combine(Repository.Root, "docs", "demo", "index.html")) == page,
            "docs/demo/index.html is not up to date; write it with: onebit demo --out docs/demo/index.html"
        );
    }

    [Fact]
    public void The_tiny_page_has_one_model_and_at_most_32_KB()
    {
        string page = Page(["--tiny"]);
        Assert.InRange(page.Length, 10_000, MaxTinyBytes);
        Assert.Equal(page, Page(["--tiny", Path.Combine(Repository.Root, "models", "mnist-small.onebit")]));
    }

    [Fact]
    public void A_page_asks_no_server_for_anything()
    {
        string page = Page([]);
        foreach (string request in new[] { "http:", "https:", "src=", "href=", "fetch(", "import(", "url(" })
        {
            Assert.DoesNotContain(request, page, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_of_other_pictures_have_no_digits_beside_them()
    {
        string model = Path.Combine(Repository.Root, "models", "fashion-micro.onebit"),
            page = _folder.File("fashion.html");
        (int code, _, string error) = OnebitProcess.Run("demo", model, "--out", page);
        Assert.Equal(0, code);
        Assert.Contains("Give --data", error, StringComparison.Ordinal);
        string text = File.ReadAllText(page);
        Assert.Contains("Show the network a picture", text, StringComparison.Ordinal);
        Assert.Contains("\"float32\":null,\"generator\":null,\"gallery\":null", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_cannot_leave_their_place()
    {
        BitModel model = BitModel.Load(Path.Combine(Repository.Root, "models", "mnist-micro.onebit"));
        string page = DemoPage.Write(new DemoContent([new DemoModel("</script><b>{script}", model, ImagePreparation.Digits)]));
        Assert.DoesNotContain("</script><b>", page, StringComparison.Ordinal);
        Assert.Contains(@"\u003C/script>\u003Cb>{script}", page, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("</script>").Length - 1);
    }

    [Theory]
    [InlineData(2, "There is no model file 'missing.onebit'", "missing.onebit")]
    [InlineData(2, "--tiny takes one model", "mnist-micro.onebit", "mnist-tiny.onebit", "--tiny")]
    [InlineData(1, "was not trained on", "fashion-micro.onebit", "--data", "mnist")]
    [InlineData(1, "does not begin with", "README.md")]
    public void A_mistake_gets_one_sentence(int expected, string sentence, params string[] arguments)
    {
        string[] paths = [.. arguments.Select(a => a.Contains('.', StringComparison.Ordinal) ? Shipped(a) : a)];
        (int code, _, string error) = OnebitProcess.Run(["demo", .. paths, "--out", _folder.File("page.html")]);
        Assert.Equal(expected, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.False(File.Exists(_folder.File("page.html")));
    }

    private static string Shipped(string name) =>
        name.StartsWith("missing", StringComparison.Ordinal) ? name : Path.Combine(Repository.Root, "models", name);

    private string Page(string[] arguments)
    {
        string file = _folder.File("demo.html");
        (int code, string output, string error) = OnebitProcess.Run(["demo", .. arguments, "--out", file]);
        Assert.True(code == 0, error);
        string page = File.ReadAllText(file);
        Assert.Contains($"{new FileInfo(file).Length:N0} bytes", output, StringComparison.Ordinal);
        return page;
    }
}
