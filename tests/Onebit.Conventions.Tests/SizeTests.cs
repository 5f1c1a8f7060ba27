namespace Onebit.Conventions.Tests;

/// <summary>Files, lines and folders keep a size that one can read.</summary>
public class SizeTests
{
    private const int MaxLines = 400,
        MaxColumns = 140,
        MaxFiles = 30;

    [Fact]
    public void No_source_file_has_more_than_400_lines() =>
        None(
            from file in Sources.OfKind(".cs")
            let lines = File.ReadLines(Sources.Full(file)).Count()
            where lines > MaxLines
            select $"{file}: {lines} lines"
        );

    [Fact]
    public void No_line_of_source_has_more_than_140_characters() =>
        None(
            from file in Sources.OfKind(".cs")
            from line in File.ReadLines(Sources.Full(file)).Index()
            where line.Item.Length > MaxColumns
            select $"{file}:{line.Index + 1}: {line.Item.Length} characters"
        );

    [Fact]
    public void No_folder_of_src_has_more_than_30_source_files() =>
        None(
            from file in Sources.OfKind(".cs")
            where file.StartsWith("src/", StringComparison.Ordinal)
            group file by Path.GetDirectoryName(file) into folder
            where folder.Count() > MaxFiles
            select $"{folder.Key}: {folder.Count()} files"
        );

    private static void None(IEnumerable<string> mistakes)
    {
        string[] all = [.. mistakes];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }
}
