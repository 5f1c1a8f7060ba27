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

    internal const string CheckpointFile = "checkpoint.safetensors";

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
            return Parse(File.ReadAllBytes(path));
        }
        catch (JsonException)
        {
            throw new ExperimentException($"'{path}' is damaged; delete its folder to train that run again.");
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
                    Path.Combine(folder, "lock"),
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    1,
                    FileOptions.DeleteOnClose
                );
            }
            catch (IOException) when (attempt < 20)
            {
                Thread.Sleep(250);
            }
            catch (IOException)
            {
                throw new ExperimentException($"Another process trains in '{folder}'; wait until it is done or choose another --out.");
            }
        }
    }
}
