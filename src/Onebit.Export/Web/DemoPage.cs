using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Onebit.Export;

/// <summary>
/// One HTML file in which a person draws and packed models answer. It needs no server and no other file. Its engine is JavaScript, and
/// gives the scores of the runtime.
/// </summary>
public static class DemoPage
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A page with several models, full precision, a look at each layer and a gallery.</summary>
    /// <exception cref="InvalidDataException">
    /// A model does not classify images of 1 or 3 channels, or the generator does not draw grey ones.
    /// </exception>
    public static string Write(DemoContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        string script = WebScripts.Engine() + Concat("picture.js", "float.js", "generate.js", "full.js", "page.js");
        string gallery = content.Gallery is null
            ? ""
            : """
                <section id="gallery" aria-label="Hard images">
                <h2>Hard test images</h2>
                <p class="muted">No network saw them in training. Choose one to see what each network says.</p>
                </section>

                """;
        if (content.Generator is { Model.Input: not { Diffusion: not null, Channels: 1 } })
        {
            throw new InvalidDataException($"{content.Generator.Name} does not draw grey images; give a diffusion model that does.");
        }

        string drawing = content.Generator is null
            ? ""
            : """
                <section id="drawing" aria-label="A network that draws">
                <h2>Let a network draw</h2>
                <p class="muted">It has one bit per weight too. It begins with noise, and removes some of it in each step.</p>
                <div class="seen"><canvas id="drawn" role="img" aria-label="What the network draws"></canvas>
                <div><div id="choices" class="buttons"></div>
                <p><small id="facts" aria-live="polite">Choose what to draw. Each time there is other noise.</small></p>
                <button id="read" type="button" disabled>Let the networks above read it</button></div></div>
                </section>

                """;
        return Page(
            content,
            "full",
            content.Float is null
                ? "A neural network with one bit per weight reads it, here in your browser. Nothing is sent anywhere."
                : "Two neural networks read it: one has 32 bits per weight, the other has one. "
                    + "Both run here in your browser. Nothing is sent anywhere.",
            $"""
            <section id="inside" aria-label="Inside the one-bit network" hidden>
            <h2>Inside the one-bit network</h2>
            <p class="muted">What each layer gives, from the first to the last. Every tile is a channel. A bit is black or white; a code of
            more bits is a grey.</p>
            <div id="layers"></div>
            </section>
            {drawing}{gallery}<footer><p>The one-bit networks give exactly the scores of Onebit's runtime, integer for integer. You may also
            open a model of your own, a .onebit file.</p></footer>
            """,
            script
        );
    }

    /// <summary>A small page with one model, to be embedded. It is compressed, and unpacks itself.</summary>
    /// <exception cref="InvalidDataException">The model reads images of other channels than 1 or 3.</exception>
    public static string WriteTiny(DemoModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HashSet<string> needed = [.. model.Model.Operations.Select(o => o.GetType().Name)];
        string script = WebScripts.Engine(needed) + Concat("picture.js", "page.js"),
            page = Page(new DemoContent([model]), "tiny", "A network with one bit per weight reads it, in your browser.", "", script);
        using var bytes = new MemoryStream();
        using (var deflate = new DeflateStream(bytes, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(Encoding.UTF8.GetBytes(page));
        }

        string unpack = WebScripts.Read("tiny.html");
        return unpack
            .Replace("{title}", WebUtility.HtmlEncode(Title(model)), StringComparison.Ordinal)
            .Replace("{page}", Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length), StringComparison.Ordinal);
    }

    private static string Page(DemoContent content, string form, string introduction, string sections, string script)
    {
        foreach (DemoModel model in content.Models)
        {
            if (model.Model.Input.Diffusion is not null)
            {
                throw new InvalidDataException($"{model.Name} draws images; give a classifier.");
            }

            if (model.Model.Input.Channels is not (1 or 3))
            {
                throw new InvalidDataException(
                    $"{model.Name} reads images of {model.Model.Input.Channels} channels; a page shows those of 1 or 3."
                );
            }
        }

        DemoModel first = content.Models[0];
        var parts = new Dictionary<string, string>
        {
            ["{title}"] = Title(first),
            ["{form}"] = form,
            ["{introduction}"] = introduction,
            ["{preparation}"] = IsDigits(first)
                ? "The digit is cropped, scaled and centred, as MNIST's are."
                : "The picture is scaled to the network's input.",
            ["{accept}"] = form == "full" ? "image/*,.onebit" : "image/*",
            ["{sections}"] = sections,
            ["{style}"] = WebScripts.Read("page.css"),
            ["{script}"] = script,
            ["{content}"] = Json(content),
        };
        var page = new StringBuilder();
        foreach (string line in WebScripts.Read("page.html").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // What is put in is not looked at again, whatever it holds.
            int begin = line.IndexOf('{', StringComparison.Ordinal),
                end = line.IndexOf('}', StringComparison.Ordinal);
            page.Append(begin < 0 ? line : line[..begin] + parts[line[begin..(end + 1)]].TrimEnd('\n') + line[(end + 1)..]).Append('\n');
        }

        return page.ToString();
    }

    private static string Json(DemoContent content)
    {
        string json = JsonSerializer.Serialize(
            new
            {
                models = content.Models.Select(m => new
                {
                    name = m.Name,
                    file = Convert.ToBase64String(m.Model.ToBytes()),
                    digits = IsDigits(m),
                    // Grey images of other things are light on dark as a rule, as those of MNIST and Fashion-MNIST.
                    dark = !IsDigits(m) && m.Model.Input.Channels == 1,
                    accuracy = m.Accuracy,
                }),
                float32 = content.Float is not { } network
                    ? null
                    : new
                    {
                        name = network.Name,
                        names = Enumerable.Range(0, 10).Select(digit => $"{digit}"),
                        pixels = FloatNetwork.Pixels,
                        layers = network.Layers,
                        accuracy = network.Accuracy,
                        file = Convert.ToBase64String(network.File.Span),
                    },
                generator = content.Generator is not { } generator
                    ? null
                    : new { name = generator.Name, file = Convert.ToBase64String(generator.Model.ToBytes()) },
                gallery = content.Gallery is not { } gallery
                    ? null
                    : new
                    {
                        channels = gallery.Shape.Channels,
                        height = gallery.Shape.Height,
                        width = gallery.Shape.Width,
                        pixels = Convert.ToBase64String([.. gallery.Images.SelectMany(i => i.Pixels.ToArray())]),
                        images = gallery.Images.Select(i => new
                        {
                            label = i.Label,
                            answers = i.Answers.Select(a => new[] { a.Network, a.Class }),
                        }),
                    },
            },
            s_json
        );
        // Names come from strangers: none may end the element.
        return json.Replace("<", @"\u003C", StringComparison.Ordinal);
    }

    private static string Title(DemoModel model) => IsDigits(model) ? "Draw a digit" : "Show the network a picture";

    private static bool IsDigits(DemoModel model) => model.Preparation == ImagePreparation.Digits;

    private static string Concat(params string[] names) => string.Concat(names.Select(WebScripts.Read));
}
