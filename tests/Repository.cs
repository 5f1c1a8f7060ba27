namespace Onebit;

/// <summary>The working tree that the tests were built in. Compiled into each test project that needs it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>The shipped models that classify.</summary>
    public static IEnumerable<string> Classifiers => Models.Where(path => !IsGenerator(path));

    /// <summary>The shipped models that draw.</summary>
    public static IEnumerable<string> Generators => Models.Where(IsGenerator);

    private static IEnumerable<string> Models => Directory.GetFiles(Path.Combine(Root, "models"), "*.onebit").Order(StringComparer.Ordinal);

    private static bool IsGenerator(string path) => Path.GetFileName(path).Contains("-draw-", StringComparison.Ordinal);

    private static string Find()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Onebit.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("No Onebit.slnx above the tests.");
        }

        return folder;
    }
}
