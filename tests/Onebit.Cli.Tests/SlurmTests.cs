using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Onebit.Cli.Tests;

/// <summary>
/// A study on a real Slurm cluster of one controller and two nodes on this computer. Needs root and Debian's package slurm-wlm.
/// </summary>
[Collection(SmokeStudy.Collection)]
public class SlurmTests(SmokeStudy local)
{
    private const string Hurry = """
        squeue --noheader --format '%i %r' | while read -r job reason; do
          if [ "$reason" = BeginTime ]; then scontrol update "JobId=$job" StartTime=now; fi
        done
        """;

    // A training of this preset takes seconds, and a busy computer takes as long to start the command that shows states.
    private const string UntilNodeWorks = """
        for _ in $(seq 2400); do
          if squeue --noheader --nodelist node1 --states R | grep -q .; then exit 0; fi
          sleep 0.2
        done
        exit 1
        """;

    private static readonly string s_script = Path.Combine(Repository.Root, "tests", "slurm", "cluster.sh");

    [Fact]
    public void A_node_dies_a_task_fails_and_the_same_command_completes_the_study()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.UserName == "root" && File.Exists("/usr/sbin/slurmctld"),
            "Needs root and Debian's package slurm-wlm."
        );

        using var folder = new TemporaryFolder();
        string cluster = folder.File("cluster");
        Directory.CreateDirectory(cluster);
        Dictionary<string, string> environment = new() { ["SLURM_CONF"] = Path.Combine(cluster, "slurm.conf") };
        string[] study = ["study", "--preset", "smoke", "--out", folder.File("study")];
        try
        {
            Assert.SkipUnless(Starts(environment, cluster), "No cluster starts on this computer.");
            (int code, string output, string error) = OnebitProcess.Run(environment, [.. study, "--slurm", "--concurrent", "2"]);
            Assert.True(code == 0, error);
            Assert.Contains("9 trainings submitted", output, StringComparison.Ordinal);
            Sh(environment, "-c", UntilNodeWorks);
            Sh(environment, s_script, "kill", cluster, "1");
            Assert.Contains("waiting", States());
            // The last task of the array never starts.
            string job = (string)JsonNode.Parse(File.ReadAllText(folder.File("study/slurm/jobs.json")))!["arrays"]![0]!["job"]!;
            Run(environment, "scancel", $"{job}_8");
            const string Cancelled = "failed: it was never started";
            Until(() => States().Contains(Cancelled));
            Assert.Single(States(), Cancelled);

            // The killed node's task is queued again by Slurm; the command submits what failed, and nothing twice.
            (code, output, error) = OnebitProcess.Run(environment, [.. study, "--slurm"]);
            Assert.True(code == 0, error);
            Assert.Contains("1 trainings submitted", output, StringComparison.Ordinal);
            Sh(environment, s_script, "node", cluster, "1");
            Until(() =>
            {
                // Slurm waits two minutes with a task whose node has died.
                Sh(environment, "-c", Hurry);
                return File.Exists(folder.File("study/report.html"));
            });
            Assert.All(States(), state => Assert.Equal("finished", state));
            var results = JsonNode.Parse(File.ReadAllText(folder.File("study/results.json")))!;
            Assert.Null(results["missingRuns"]);
            Assert.Equal(WithoutTimes(local.Results), WithoutTimes(results));
        }
        finally
        {
            Sh(environment, s_script, "stop", cluster);
        }

        string[] States()
        {
            (int code, string output, string error) = OnebitProcess.Run(environment, [.. study, "--status", "--json"]);
            Assert.True(code == 0, error);
            return
            [
                .. JsonNode.Parse(output)!.AsArray().Select(r => r!["reason"] is { } reason ? $"{r["state"]}: {reason}" : $"{r["state"]}"),
            ];
        }
    }

    [Fact]
    public void The_trainings_are_commands_for_any_shell()
    {
        (int code, string output, _) = OnebitProcess.Run("study", "--preset", "smoke", "--out", local.Folder, "--list-runs");
        Assert.Equal((0, ""), (code, output)); // All are finished.
        using var folder = new TemporaryFolder();
        string odd = folder.File("a folder's runs");
        (code, output, _) = OnebitProcess.Run("study", "--preset", "smoke", "--out", odd, "--list-runs");
        Assert.Equal(0, code);
        string[] lines = output.Trim().Split('\n');
        Assert.Equal(9, lines.Length);
        string logistic = lines.Single(l => l.Contains("logistic-float32-seed1", StringComparison.Ordinal));
        Sh([], "-c", logistic);
        Assert.True(File.Exists(Path.Combine(odd, "runs", "logistic-float32-seed1", "run.json")));
        (_, output, _) = OnebitProcess.Run("study", "--preset", "smoke", "--out", odd, "--list-runs");
        Assert.Equal(8, output.Trim().Split('\n').Length);
    }

    [Fact]
    public void Without_Slurm_a_sentence_says_so()
    {
        using var folder = new TemporaryFolder();
        (int code, _, string error) = OnebitProcess.Run(
            new Dictionary<string, string> { ["PATH"] = Path.GetDirectoryName(Environment.ProcessPath!)! },
            "study",
            "--preset",
            "smoke",
            "--out",
            folder.File("study"),
            "--slurm"
        );
        Assert.Equal(1, code);
        Assert.Contains("is not installed here", error, StringComparison.Ordinal);
    }

    /// <summary>Whether both nodes are ready. In some containers Slurm's daemons cannot run.</summary>
    private static bool Starts(Dictionary<string, string> environment, string cluster)
    {
        const string Ready = """
            for _ in $(seq 60); do
              if [ "$(sinfo --noheader --Node --states idle 2>/dev/null | wc -l)" -eq 2 ]; then exit 0; fi
              sleep 1
            done
            exit 1
            """;
        return Exit(environment, "/bin/sh", s_script, "start", cluster) == 0 && Exit(environment, "/bin/sh", "-c", Ready) == 0;
    }

    private static void Until(Func<bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(8), "It took too long.");
            Thread.Sleep(500);
        }
    }

    /// <summary>All of results.json that does not depend on the machine's speed and the day.</summary>
    private static string WithoutTimes(JsonNode results)
    {
        JsonNode copy = results.DeepClone();
        copy.AsObject().Remove("program");
        foreach (JsonNode? run in copy["runs"]!.AsArray())
        {
            foreach (
                string name in new[]
                {
                    "trainSeconds",
                    "trainProcessorSeconds",
                    "peakTrainingBytes",
                    "inferenceNanoseconds",
                    "peer",
                    "ratio",
                }
            )
            {
                Assert.True(run!.AsObject().Remove(name), name);
            }
        }

        return copy.ToJsonString();
    }

    private static void Sh(Dictionary<string, string> environment, params string[] arguments) => Run(environment, "/bin/sh", arguments);

    private static void Run(Dictionary<string, string> environment, string program, params string[] arguments) =>
        Assert.Equal(0, Exit(environment, program, arguments));

    private static int Exit(Dictionary<string, string> environment, string program, params string[] arguments)
    {
        // A daemon keeps the streams that it inherits, so nothing is redirected.
        var start = new ProcessStartInfo(program, arguments);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start) ?? throw new Win32Exception();
        process.WaitForExit();
        return process.ExitCode;
    }
}
