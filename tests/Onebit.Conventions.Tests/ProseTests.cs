using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Onebit.Conventions.Tests;

/// <summary>
/// README, CONTRIBUTING and docs are in short sentences. Counted are paragraphs and list items; tables, headings and code blocks are not. A
/// sentence ends at a full stop, a question or an exclamation mark, and where its paragraph ends.
/// </summary>
public partial class ProseTests
{
    private const int MaxWords = 30;
    private const double MaxMean = 14;

    private static readonly MarkdownPipeline s_markdown = new MarkdownPipelineBuilder().UsePipeTables().Build();

    private static readonly string[] s_files =
    [
        .. Sources.OfKind(".md").Where(f => f is "README.md" or "CONTRIBUTING.md" || f.StartsWith("docs/", StringComparison.Ordinal)),
    ];

    [Fact]
    public void The_mean_sentence_has_at_most_14_words()
    {
        int[] all = [.. s_files.SelectMany(f => Sentences(f).Select(Words))];
        foreach (string file in s_files)
        {
            int[] words = [.. Sentences(file).Select(Words)];
            TestContext.Current.TestOutputHelper!.WriteLine(
                words.Length == 0
                    ? $"{file}: no sentences"
                    : $"{file}: {words.Length} sentences, mean {words.Average():F1}, longest {words.Max()}"
            );
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"All: {all.Length} sentences, mean {all.Average():F2}, longest {all.Max()}");
        Assert.InRange(all.Average(), 0, MaxMean);
    }

    [Fact]
    public void No_sentence_has_more_than_30_words()
    {
        string[] lengthy = [.. s_files.SelectMany(f => Sentences(f).Where(s => Words(s) > MaxWords).Select(s => $"{f}: {s}"))];
        Assert.True(lengthy.Length == 0, string.Join('\n', lengthy));
    }

    [Fact]
    public void The_count_knows_where_sentences_end()
    {
        string[] sentences = [.. Split("A file has 3.5 KB, e.g. a model. Is it small? Yes (see `a.b`). The end:")];
        Assert.Equal(["A file has 3.5 KB, e.g. a model.", "Is it small?", "Yes (see `a.b`).", "The end:"], sentences);
        Assert.Equal([8, 3, 3, 2], sentences.Select(Words));
    }

    private static IEnumerable<string> Sentences(string file) =>
        Markdown
            .Parse(File.ReadAllText(Sources.Full(file)), s_markdown)
            .Descendants<ParagraphBlock>()
            .Where(p => p.Parent is not TableCell)
            .SelectMany(p => Split(Text(p.Inline)));

    private static string Text(ContainerInline? inline)
    {
        var text = new StringBuilder();
        foreach (Inline item in inline?.Descendants<Inline>() ?? [])
        {
            text.Append(
                item switch
                {
                    LiteralInline literal => literal.Content.ToString(),
                    CodeInline code => code.Content.Replace(' ', '_'),
                    LineBreakInline => " ",
                    _ => "",
                }
            );
        }

        return text.ToString();
    }

    private static IEnumerable<string> Split(string text) => End().Split(text).Select(s => s.Trim()).Where(s => Words(s) > 0);

    private static int Words(string sentence) =>
        sentence.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Count(w => w.Any(char.IsLetterOrDigit));

    [GeneratedRegex(@"(?<=[.!?][)""”’]*)(?<!\b(?:e\.g|i\.e|et al|vs|cf|sec|fig|approx|No|pp)\.)\s+", RegexOptions.IgnoreCase)]
    private static partial Regex End();
}
