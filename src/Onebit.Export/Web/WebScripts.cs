using System.Text;
using System.Text.RegularExpressions;

namespace Onebit.Export;

/// <summary>The scripts, style and markup of web pages, which are resources of this assembly.</summary>
internal static partial class WebScripts
{
    private const string Folder = "Web/",
        OperationFolder = "Web/Operations/";

    /// <summary>A file of this folder, without the comments and indentation that a browser does not need.</summary>
    public static string Read(string name) => Compact(Encoding.UTF8.GetString(Resource(Folder + name)));

    /// <summary>The engine: what reads, checks and runs packed models.</summary>
    /// <param name="needed">Names of operations; null: all of them, and the sampler of diffusion models.</param>
    public static string Engine(IReadOnlySet<string>? needed = null) =>
        Read("model.js")
        + (needed is null ? Read("diffusion.js") : "")
        + string.Concat(
            typeof(WebScripts)
                .Assembly.GetManifestResourceNames()
                .Where(n => n.StartsWith(OperationFolder, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(n => Encoding.UTF8.GetString(Resource(n)))
                .Where(script => needed is null || OperationsIn(script).Any(needed.Contains))
                .Select(Compact)
        );

    /// <summary>The operations that a script defines.</summary>
    public static IEnumerable<string> OperationsIn(string script) => Definition().Matches(script).Select(m => m.Groups[1].Value);

    /// <summary>A resource's bytes.</summary>
    public static byte[] Resource(string name)
    {
        using Stream stream = typeof(WebScripts).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string Compact(string text) =>
        string.Concat(
            text.Split('\n')
                .Select(line => line.Trim())
                .Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal))
                .Select(line => line + "\n")
        );

    [GeneratedRegex(@"^operations\.(\w+) = \{", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
