using System.Runtime.InteropServices;

namespace Onebit.Study;

/// <summary>ONNX Runtime's native library.</summary>
internal static class OnnxRuntimeLibrary
{
    private const string TelemetrySwitch = "ORT_DISABLE_TELEMETRY";

    /// <summary>Call before the native library is loaded: it would write a device id and events into the user's cache folder.</summary>
    internal static void DisableTelemetry()
    {
        Environment.SetEnvironmentVariable(TelemetrySwitch, "1");
        if (!OperatingSystem.IsWindows())
        {
            _ = SetNativeVariable(TelemetrySwitch, "1", 1); // .NET's variables are a copy that native code does not see.
        }
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetNativeVariable(string name, string value, int overwrite);
}
