using System.Diagnostics;

namespace Onebit.Study;

/// <summary>A training process. It ends by itself when its standard input closes, so none outlives the study.</summary>
internal sealed class TrainingProcess : IDisposable
{
    private readonly Process _process;
    private string? _lastError;

    internal TrainingProcess(ProcessStartInfo command)
    {
        command.RedirectStandardInput = command.RedirectStandardOutput = command.RedirectStandardError = true;
        _process = Process.Start(command)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, e) => _lastError = string.IsNullOrWhiteSpace(e.Data) ? _lastError : e.Data;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    internal bool HasExited => _process.HasExited;

    internal int ExitCode => _process.ExitCode;

    internal string LastError
    {
        get
        {
            _process.WaitForExit(); // Until all of its output is read.
            return _lastError ?? $"its process ended with code {_process.ExitCode}.";
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(10_000))
            {
                _process.Kill();
            }
        }
        _process.Dispose();
    }
}
