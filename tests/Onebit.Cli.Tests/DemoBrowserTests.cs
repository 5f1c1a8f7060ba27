using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using Onebit.Datasets;
using Onebit.Datasets.Tests;
using Onebit.Export;

namespace Onebit.Cli.Tests;

/// <summary>Pages in the system's Chromium. Without one these tests are skipped.</summary>
public sealed class DemoBrowserTests : IAsyncLifetime
{
    private static readonly string? s_chromium = new[] { "chromium", "chromium-browser", "google-chrome" }
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(f => Path.Combine(f, name)))
        .FirstOrDefault(File.Exists);

    // A 7, in shares of the field.
    private static readonly (float X, float Y)[] s_seven = [(0.3f, 0.2f), (0.7f, 0.2f), (0.6f, 0.45f), (0.45f, 0.85f)];

    private readonly TemporaryFolder _folder = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private readonly List<string> _errors = [];

    public async ValueTask InitializeAsync()
    {
        if (s_chromium is not null)
        {
            _playwright = await Playwright.CreateAsync();
            // Chromium's sandbox does not start as root.
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = s_chromium, Args = ["--no-sandbox"] });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? default);
        _playwright?.Dispose();
        _folder.Dispose();
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task Drawing_clearing_and_undoing()
    {
        IPage page = await OpenAsync(Documented);
        await DrawAsync(page, s_seven);
        await AnswersAsync(page, "7", "7");
        await Assertions.Expect(page.Locator("#inside")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#spoken")).ToHaveTextAsync("The network says 7.");
        await DrawAsync(page, (0.35f, 0.55f), (0.7f, 0.55f));
        await page.Keyboard.PressAsync("Control+z");
        await AnswersAsync(page, "7", "7");
        await page.ClickAsync("#undo");
        await AnswersAsync(page, "", "");
        await DrawAsync(page, (0.5f, 0.15f), (0.5f, 0.85f));
        await AnswersAsync(page, "1", "1");
        await page.Keyboard.PressAsync("Delete");
        await AnswersAsync(page, "", "");
        await DrawAsync(page, s_seven);
        await page.ClickAsync("#clear");
        await AnswersAsync(page, "", "");
        await Assertions.Expect(page.Locator("#inside")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task What_was_drawn_is_what_predict_sees()
    {
        IPage page = await OpenAsync(Documented);
        await DrawAsync(page, s_seven);
        string[] url = (await page.EvaluateAsync<string>("small.toDataURL()")).Split(',');
        byte[] expected = DigitImage.From(Picture.Decode(Convert.FromBase64String(url[1]), "drawing"), "drawing");
        Assert.Equal(expected.Select(p => (int)p), await page.EvaluateAsync<int[]>("[...prepare(current())]"));
    }

    [Fact]
    public async Task Models_are_switched_and_hard_images_chosen()
    {
        IPage page = await OpenAsync(Documented);
        ILocator images = page.Locator(".gallery button"),
            answers = page.Locator(".answer .class");
        await page.GetByText("Show all").ClickAsync();
        int count = await images.CountAsync();
        Assert.InRange(count, 20, 60);
        for (int i = 0; i < count; i += 5)
        {
            await images.Nth(i).ClickAsync();
            string[] rows = [.. await images.Nth(i).Locator("span > span:last-child").AllInnerTextsAsync()];
            await Assertions.Expect(answers.Nth(1)).ToHaveTextAsync(rows[0][..1]);
            await Assertions.Expect(answers.Nth(0)).ToHaveTextAsync(rows[1][..1]);
            Assert.NotEqual(rows[0][..1], rows[1][..1]);
        }

        await page.SelectOptionAsync("select", new SelectOptionValue { Label = "cnn-binarynet" });
        await Assertions.Expect(page.Locator(".answer small").First).ToContainTextAsync("9,943 bytes");
        await Assertions.Expect(page.Locator("#layers h3").First).ToContainTextAsync("one bit each");
    }

    [Fact]
    public async Task Images_are_pasted_opened_and_dropped()
    {
        IPage page = await OpenAsync(Documented);
        string[] samples = [.. Directory.GetFiles(Path.Combine(Repository.Root, "samples", "digits")).Order(StringComparer.Ordinal)];
        foreach ((string action, int i) in new[] { "paste", "drop" }.Select((a, i) => (a, i)))
        {
            await page.ClickAsync("#clear");
            await page.EvaluateAsync(
                """
                ([action, base64]) => {
                  const data = new DataTransfer();
                  data.items.add(new File([bytesOf(base64)], "image"));
                  const paste = () => new ClipboardEvent("paste", { clipboardData: data });
                  const drop = () => new DragEvent("drop", { dataTransfer: data });
                  document.dispatchEvent(action === "paste" ? paste() : drop());
                }
                """,
                new[] { action, Convert.ToBase64String(File.ReadAllBytes(samples[i])) }
            );
            await Assertions.Expect(page.Locator(".answer .class").First).ToHaveTextAsync(Expected(samples[i]));
        }

        await page.SetInputFilesAsync("#file", samples[^1]);
        await Assertions.Expect(page.Locator(".answer .class").First).ToHaveTextAsync(Expected(samples[^1]));

        static string Expected(string file) =>
            BitModel
                .Load(Path.Combine(Repository.Root, "models", "mnist-small.onebit"))
                .Predict(DigitImage.From(Picture.Load(file), file))
                .ToString(CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("photo.png", "<html>", "not an image")]
    [InlineData("a.onebit", "<html>", "not a .onebit file")]
    [InlineData("a.onebit", "1BIT\u0001aaaaaaaaaaaa", "damaged or incomplete")]
    [InlineData("a.onebit", "1BIT\u0004aaaaaaaaaaaa", "versions 1 to 3")]
    public async Task A_hostile_file_shows_one_sentence(string name, string content, string sentence)
    {
        IPage page = await OpenAsync(Documented);
        await page.SetInputFilesAsync("#file", new FilePayload { Name = name, Buffer = System.Text.Encoding.UTF8.GetBytes(content) });
        await Assertions.Expect(page.Locator("#alert")).ToContainTextAsync(sentence);
        await DrawAsync(page, s_seven);
        await AnswersAsync(page, "7", "7");
        await Assertions.Expect(page.Locator("#alert")).ToBeEmptyAsync();
    }

    [Fact]
    public async Task A_diffusion_model_draws_what_the_runtime_draws_and_the_classifiers_read_it()
    {
        // It gives the noisy image back.
        var input = new ModelInput(1, 28, 28, 16, 0) { Diffusion = new DiffusionInput(NoiseSchedule.Cosine(3), 2) };
        Operation[] operations = [new Slice(0, 0, new Shape(1, 28, 28)), new Requantize(1, new[] { 1 }, new[] { 0L }, 0, 16)];
        BitModel noise = new(input, operations, ["<b>left", "right"]),
            digits = BitModel.Load(Path.Combine(Repository.Root, "models", "mnist-micro.onebit"));
        IPage page = await OpenAsync(
            Write(
                DemoPage.Write(
                    new DemoContent(
                        [new DemoModel("digits", digits, ImagePreparation.Digits)],
                        Generator: new DemoModel("noise", noise, ImagePreparation.Unknown)
                    )
                )
            )
        );
        await Assertions.Expect(page.Locator("#read")).ToBeDisabledAsync();
        await page.ClickAsync("#choices >> text=<b>left");
        await Assertions.Expect(page.Locator("#facts")).ToContainTextAsync("seed 1, in 3 steps");
        await page.ClickAsync("#choices >> text=right");
        await Assertions.Expect(page.Locator("#facts")).ToContainTextAsync("Drew right from seed 2");
        byte[] pixels = new byte[28 * 28];
        new Generator(noise).Generate(1, 2, pixels);
        await page.ClickAsync("#read");
        Assert.Equal(pixels.Select(p => (int)p), await page.EvaluateAsync<int[]>("[...prepare(current())]"));
        await Assertions.Expect(page.Locator(".answer .class").First).ToHaveTextAsync($"{digits.Predict(pixels)}");
        await page.SetInputFilesAsync("#file", new FilePayload { Name = "a.onebit", Buffer = noise.ToBytes() });
        await Assertions.Expect(page.Locator("#alert")).ToContainTextAsync("This model draws images.");
    }

    [Fact]
    public async Task Names_of_classes_are_shown_as_text()
    {
        BitModel digits = BitModel.Load(Path.Combine(Repository.Root, "models", "mnist-micro.onebit"));
        string[] names = [.. Enumerable.Range(0, 10).Select(c => $"<img src=x onerror=alert({c})> {c}")];
        var named = new BitModel(digits.Input, digits.Operations, names);
        IPage page = await OpenAsync(Write(DemoPage.WriteTiny(new DemoModel("<i>name", named, ImagePreparation.Digits))));
        await DrawAsync(page, s_seven);
        await Assertions.Expect(page.Locator(".answer .class")).ToHaveTextAsync(names[7]);
        Assert.Equal(0, await page.Locator(".answer img, .answer i i").CountAsync());
    }

    [Fact]
    public async Task A_phone_shows_all_of_the_page_and_takes_a_finger()
    {
        Assert.SkipUnless(s_chromium is not null, "Chromium is not installed.");
        await using IBrowserContext phone = await _browser!.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = 390, Height = 844 },
                HasTouch = true,
                IsMobile = true,
                DeviceScaleFactor = 2,
            }
        );
        IPage page = await OpenAsync(Documented, phone);
        Assert.Equal(390, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        LocatorBoundingBoxResult field = (await page.Locator("#field").BoundingBoxAsync())!;
        Assert.True(field.Width > 300 && field.Y + field.Height < 844);
        await page.Touchscreen.TapAsync(field.X + field.Width / 2, field.Y + field.Height / 2);
        await Assertions.Expect(page.Locator(".answer .class").First).Not.ToBeEmptyAsync();
        foreach (ILocator button in await page.Locator(".buttons > *").AllAsync())
        {
            Assert.True((await button.BoundingBoxAsync())!.Height >= 40);
        }
    }

    /// <summary>In processor time of the page's thread: by the clock, other tests on the same cores would count too.</summary>
    [Fact]
    public async Task One_image_takes_at_most_10_ms()
    {
        const int Images = 100;
        IPage page = await OpenAsync(Documented);
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable", new() { ["timeDomain"] = "threadTicks" });
        await RunAsync();
        double before = await MillisecondsAsync();
        await RunAsync();
        double milliseconds = (await MillisecondsAsync() - before) / Images;
        TestContext.Current.TestOutputHelper!.WriteLine($"mnist-headline: {milliseconds:F2} ms");
        Assert.InRange(milliseconds, 0.01, 10);

        Task RunAsync() =>
            page.EvaluateAsync(
                """
                images => {
                  const { network } = models.find(model => model.name === "mnist-headline"), pixels = new Uint8Array(784).map((_, i) => i);
                  for (let i = 0; i < images; i++) network.run(pixels);
                }
                """,
                Images
            );

        async Task<double> MillisecondsAsync()
        {
            JsonElement metrics = (await session.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics");
            JsonElement busy = metrics.EnumerateArray().Single(m => m.GetProperty("name").GetString() == "TaskDuration");
            return busy.GetProperty("value").GetDouble() * 1000;
        }
    }

    /// <summary>The drawings of docs/images.md, each as a file that the page opens.</summary>
    [Fact]
    public async Task Drawings_are_read_as_predict_reads_them()
    {
        IPage page = await OpenAsync(Documented);
        BitModel model = BitModel.Load(Path.Combine(Repository.Root, "models", "mnist-small.onebit"));
        int agree = 0,
            right = 0,
            count = 0;
        foreach (Drawing drawing in Drawing.All(1))
        {
            JsonElement? answer = await page.EvaluateAsync(
                """
                async base64 => {
                  await open(new File([bytesOf(base64)], "drawing"));
                  const pixels = prepare(current());
                  return pixels ? current().network.run(pixels) : -1;
                }
                """,
                Convert.ToBase64String(drawing.File)
            );
            int found = answer!.Value.GetInt32();
            agree += found == model.Predict(DigitImage.From(Picture.Decode(drawing.File, drawing.Manner), drawing.Manner)) ? 1 : 0;
            right += found == drawing.Digit ? 1 : 0;
            count++;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{count} drawings: page and command agree on {agree}, the page is right on {right}"
        );
        Assert.Equal(200, count);
        Assert.InRange(agree, 199, 200);
        Assert.InRange(right, 197, 200);
    }

    private static string Documented => Path.Combine(Repository.Root, "docs", "demo", "index.html");

    private string Write(string text)
    {
        _folder.Add("page.html", text);
        return _folder.File("page.html");
    }

    private async Task<IPage> OpenAsync(string file, IBrowserContext? context = null)
    {
        Assert.SkipUnless(s_chromium is not null, "Chromium is not installed.");
        IPage page = context is null ? await _browser!.NewPageAsync() : await context.NewPageAsync();
        page.PageError += (_, error) => _errors.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
            {
                _errors.Add($"The page asks for {request.Url}.");
            }
        };
        await page.GotoAsync(new Uri(file).AbsoluteUri);
        await page.WaitForSelectorAsync(".answer");
        return page;
    }

    private static async Task DrawAsync(IPage page, params (float X, float Y)[] stroke)
    {
        ILocator field = page.Locator("#field");
        await field.ScrollIntoViewIfNeededAsync();
        LocatorBoundingBoxResult box = (await field.BoundingBoxAsync())!;
        for (int i = 0; i < stroke.Length; i++)
        {
            await page.Mouse.MoveAsync(box.X + stroke[i].X * box.Width, box.Y + stroke[i].Y * box.Height, new() { Steps = i == 0 ? 1 : 6 });
            if (i == 0)
            {
                await page.Mouse.DownAsync();
            }
        }

        await page.Mouse.UpAsync();
    }

    /// <summary>What one bit says, and what 32 bits say.</summary>
    private static async Task AnswersAsync(IPage page, string oneBit, string full)
    {
        await Assertions.Expect(page.Locator(".answer .class").Nth(0)).ToHaveTextAsync(oneBit);
        await Assertions.Expect(page.Locator(".answer .class").Nth(1)).ToHaveTextAsync(full);
    }
}
