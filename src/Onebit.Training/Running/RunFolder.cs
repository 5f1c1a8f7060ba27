using System.Text.Json;

namespace Onebit.Training;

/// <summary>The files of a training run, which has a folder of its own.</summary>
public static class RunFolder
{
    /// <summary>The finished run's figures, see <see cref="RunResult"/>.</summary>
    public const string ResultFile = "run.json";

    /// <summary>The trained weights.</summary>
    public const string WeightsFile = "weights.safetensors";

    /// <summary>The packed model.</summary>
    public const string ModelFile = "model.onebit";

    /// <summary>How far the run is, see <see cref="TrainingProgress"/>.</summary>
    public const string ProgressFile = "progress.json";

    internal const string CheckpointFile = "checkpoint.safetensors",
        LockFile = "lock";

    /// <summary>What has one of these names must be a file: a link could point anywhere, and a folder cannot be replaced.</summary>
    /// <exception cref="ExperimentException">It is a folder or a link.</exception>
    internal static void RequireFiles(string folder)
    {
        foreach (string name in new[] { ResultFile, WeightsFile, ModelFile, ProgressFile, CheckpointFile, LockFile })
        {
            string path = Path.Combine(folder, name);
            if (Directory.Exists(path) || new FileInfo(path).LinkTarget is not null)
            {
                throw new ExperimentException($"'{path}' is a folder or a link where a file belongs; delete it or choose another --out.");
            }
        }
    }

    /// <summary>Reads a finished run; null where the folder holds none.</summary>
    /// <exception cref="ExperimentException">The file is damaged.</exception>
    public static RunResult? Load(string folder)
    {
        string path = Path.Combine(folder, ResultFile);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return Parse(InputFile.ReadBytes(path));
        }
        catch (JsonException)
        {
            throw new ExperimentException($"'{path}' is damaged; delete its folder to train that run again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException(
                $"'{path}' cannot be read ({e.Message.TrimEnd('.')}); delete its folder to train that run again."
            );
        }
    }

    /// <summary>Reads a finished run from the content of its file.</summary>
    /// <exception cref="JsonException">It is damaged.</exception>
    public static RunResult Parse(ReadOnlySpan<byte> json) => KnownTasks.Read(json);

    /// <summary>Writes a finished run. The folder is finished once it holds it.</summary>
    internal static void Save(string folder, RunResult result) =>
        AtomicFile.WriteText(Path.Combine(folder, ResultFile), JsonSerializer.Serialize(result, result.GetType(), Experiment.Json));

    /// <summary>
    /// Locks the folder until the result is disposed: two processes would spoil each other's checkpoints. Waits five seconds, because the
    /// child of a killed study needs a moment to end.
    /// </summary>
    /// <exception cref="ExperimentException">Another process holds it.</exception>
    internal static IDisposable Lock(string folder)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(
                    Path.Combine(folder, LockFile),
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    1,
                    FileOptions.DeleteOnClose
                );
            }
            catch (IOException e) when (IsHeld(e) && attempt < 20)
            {
                Thread.Sleep(250);
            }
            catch (IOException e) when (IsHeld(e))
            {
                throw new ExperimentException($"Another process trains in '{folder}'; wait until it is done or choose another --out.");
            }
        }
    }

    /// <summary>Another process has the file open: a sharing violation on Windows, EWOULDBLOCK elsewhere.</summary>
    private static bool IsHeld(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) == 32 : e.HResult is 11 or 35;
}
