namespace Onebit;

/// <summary>A fresh folder, deleted with all it holds. Compiled into each test project that needs one.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("onebit-tests-").FullName;

    public IEnumerable<string> FileNames => Directory.EnumerateFiles(Path).Select(file => System.IO.Path.GetFileName(file)).Order();

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Add(string name, string content) => Add(name, System.Text.Encoding.UTF8.GetBytes(content));

    public string Add(string name, byte[] content)
    {
        string path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
