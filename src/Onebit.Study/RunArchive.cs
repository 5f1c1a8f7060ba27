using System.IO.Compression;
using System.Text.Json;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>
/// Finished runs kept for good, one zip each: <c>FOLDER/PRESET/EXPERIMENT-seedN.zip</c> holds <c>run.json</c> and, where the network is
/// packed, <c>model.onebit</c>. Weights are kept where another run comes from this one, or where a diffusion model is not packed. So a new
/// run adds a file and rewrites none.
/// </summary>
public static class RunArchive
{
    // A model of a gigabyte is none that this program makes.
    private const long MaxBytes = 1 << 30;

    private static readonly string[] s_files = [RunFolder.ResultFile, RunFolder.ModelFile, RunFolder.WeightsFile];

    /// <summary>Where a run is kept.</summary>
    /// <param name="archive">The archive's folder.</param>
    /// <param name="preset">A preset's name or folder.</param>
    /// <param name="run">The name of the run's folder, such as <c>mlp-binarynet-seed1</c>.</param>
    public static string PathOf(string archive, string preset, string run) =>
        Path.Combine(archive, Path.GetFileName(Path.TrimEndingDirectorySeparator(preset)), run + ".zip");

    /// <summary>Reads the finished run in an archived file.</summary>
    /// <exception cref="ExperimentException">The file is damaged or holds no run.</exception>
    public static RunResult Read(string file) => Open(file, Parse);

    /// <summary>Reads the packed model in an archived file; null where it holds none.</summary>
    /// <exception cref="ExperimentException">The file is damaged.</exception>
    public static BitModel? ReadModel(string file) =>
        Open(file, zip => zip.GetEntry(RunFolder.ModelFile) is { } entry ? BitModel.Read(Bytes(entry)) : null);

    /// <summary>Puts an archived run into a folder of its own, where it is the run with this fingerprint.</summary>
    /// <exception cref="ExperimentException">The file is damaged.</exception>
    internal static void Extract(string file, string folder, string fingerprint) =>
        Open(
            file,
            zip =>
            {
                if (Parse(zip).Fingerprint != fingerprint)
                {
                    return false;
                }

                Directory.CreateDirectory(folder);
                // The result last: a folder that holds it is finished.
                foreach (string name in s_files.Reverse())
                {
                    if (zip.GetEntry(name) is { } entry)
                    {
                        byte[] content = Bytes(entry);
                        AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(content));
                    }
                }

                return true;
            }
        );

    /// <summary>Keeps a finished run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="file">The file that keeps it.</param>
    /// <param name="withWeights">Whether its weights are needed: by a run that comes from it, or to draw.</param>
    internal static void Add(string folder, string file, bool withWeights)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (
                string name in s_files
                    .Where(n => withWeights || n != RunFolder.WeightsFile)
                    .Where(n => File.Exists(Path.Combine(folder, n)))
            )
            {
                ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.SmallestSize);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using Stream content = entry.Open();
                content.Write(File.ReadAllBytes(Path.Combine(folder, name)));
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        AtomicFile.Write(file, bytes.WriteTo);
    }

    private static T Open<T>(string file, Func<ZipArchive, T> read)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(file);
            return read(zip);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            throw new ExperimentException($"The archived run '{file}' is damaged; delete it to train that run again.");
        }
    }

    private static RunResult Parse(ZipArchive zip) =>
        RunFolder.Parse(Bytes(zip.GetEntry(RunFolder.ResultFile) ?? throw new InvalidDataException()));

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        if (entry.Length > MaxBytes)
        {
            throw new InvalidDataException();
        }

        byte[] bytes = new byte[entry.Length];
        using Stream content = entry.Open();
        content.ReadExactly(bytes);
        return bytes;
    }
}
