namespace Onebit.Datasets;

/// <summary>What somebody who mistyped a name may have meant.</summary>
public static class NearName
{
    /// <summary>" (did you mean 'x'?)", or nothing where no name is near.</summary>
    /// <param name="given">What was given.</param>
    /// <param name="names">The names that exist.</param>
    public static string Hint(string given, IEnumerable<string> names)
    {
        const int MaxLength = 60;
        if (given.Length is 0 or > MaxLength)
        {
            return "";
        }

        string? near = names
            .Select(name => (Name: name, Distance: Distance(given.ToUpperInvariant(), name.ToUpperInvariant())))
            .Where(n => n.Distance <= Math.Max(1, Math.Min(given.Length, n.Name.Length) / 3))
            .OrderBy(n => n.Distance)
            .Select(n => n.Name)
            .FirstOrDefault();
        return near is null ? "" : $" (did you mean '{near}'?)";
    }

    /// <summary>Letters to insert, delete or replace (Levenshtein 1965).</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
