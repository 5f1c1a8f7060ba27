namespace Onebit.Training;

/// <summary>Where a command writes. It is tried before the work begins, so that no work is lost at its end.</summary>
public static class OutputFolder
{
    /// <summary>Makes the folder, and writes and deletes a file in it.</summary>
    /// <exception cref="ExperimentException">It cannot be made, or not be written.</exception>
    public static void Require(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string file = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllText(file, "onebit");
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException(
                $"The folder '{folder}' cannot be written ({e.Message.Split('\n')[0].TrimEnd('.', '\r')}); choose another --out."
            );
        }
    }
}
