namespace Onebit;

/// <summary>The working tree that the tests were built in. Compiled into each test project that needs it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

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
