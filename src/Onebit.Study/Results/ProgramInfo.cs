using System.Globalization;
using System.Reflection;

namespace Onebit.Study;

/// <summary>What made a result, and when.</summary>
/// <param name="Date">The day, in UTC: year, month, day.</param>
/// <param name="Version">Onebit's version.</param>
/// <param name="Commit">Onebit's commit; null: it was not built in a repository.</param>
public sealed record ProgramInfo(string Date, string Version, string? Commit)
{
    internal static ProgramInfo Now()
    {
        // The build writes VERSION+COMMIT.
        string[] parts = typeof(ProgramInfo)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+');
        return new ProgramInfo(
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            parts[0],
            parts.Length > 1 ? parts[1] : null
        );
    }
}
