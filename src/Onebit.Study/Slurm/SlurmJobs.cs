using System.Text.Json;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>What a study has given to Slurm: the content of <c>slurm/jobs.json</c> in its folder.</summary>
/// <param name="Arrays">One per submission and level.</param>
/// <param name="Report">The newest job that writes the report; null: none yet.</param>
internal sealed record SlurmJobs(IReadOnlyList<SlurmArray> Arrays, string? Report)
{
    private const string File = "jobs.json";

    /// <summary>Reads the file; nothing where there is none.</summary>
    internal static SlurmJobs Load(string folder)
    {
        string path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
        {
            return new SlurmJobs([], null);
        }

        try
        {
            SlurmJobs jobs =
                JsonSerializer.Deserialize<SlurmJobs>(InputFile.ReadText(path), StudyResults.Json) ?? throw new JsonException();
            bool isGood =
                jobs.Arrays is not null
                && jobs.Arrays.All(a => a is { Job: not null, Runs: not null } && IsNumber(a.Job) && !a.Runs.Contains(null!))
                && (jobs.Report is null || IsNumber(jobs.Report));
            return isGood ? jobs : throw new JsonException();
        }
        catch (JsonException)
        {
            throw new ExperimentException($"'{path}' is damaged; delete it once 'squeue' shows none of the study's jobs.");
        }
    }

    /// <summary>A job's number becomes an argument and a part of a path.</summary>
    private static bool IsNumber(string job) => job.Length is > 0 and < 20 && job.All(char.IsAsciiDigit);

    internal void Save(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, File), JsonSerializer.Serialize(this, StudyResults.Json) + "\n");
}

/// <summary>A job array.</summary>
/// <param name="Job">Slurm's number.</param>
/// <param name="Runs">The run that each task trains.</param>
internal sealed record SlurmArray(string Job, IReadOnlyList<string> Runs);
