using Onebit.Datasets.Tests;

namespace Onebit.Cli.Tests;

/// <summary>Somebody's own small set: five shapes of random size and place, bright on a dark background or the other way round.</summary>
internal static class Shapes
{
    private const int Side = 28;

    internal static IReadOnlyList<string> Names { get; } = ["circle", "cross", "ring", "square", "triangle"];

    /// <summary>Writes a folder <c>shapes</c> of one subfolder per class.</summary>
    internal static string Write(TemporaryFolder folder, int perClass)
    {
        var random = new Random(1);
        for (int i = 0; i < perClass; i++)
        {
            foreach (string name in Names)
            {
                double radius = 5 + 5 * random.NextDouble(),
                    x0 = 11 + 6 * random.NextDouble(),
                    y0 = 11 + 6 * random.NextDouble();
                int inside = 150 + random.Next(100);
                byte[] noise = new byte[Side * Side];
                random.NextBytes(noise);
                folder.Add(
                    $"shapes/{name}/{i:D3}.bmp",
                    Pictures.Bmp(
                        Side,
                        Side,
                        (y, x) => (byte)((Holds(name, (x - x0) / radius, (y - y0) / radius) ? inside : 0) + noise[y * Side + x] / 8)
                    )
                );
            }
        }

        return folder.File("shapes");
    }

    private static bool Holds(string shape, double x, double y) =>
        shape switch
        {
            "circle" => x * x + y * y <= 1,
            "cross" => Math.Max(Math.Abs(x), Math.Abs(y)) <= 1 && Math.Min(Math.Abs(x), Math.Abs(y)) <= 0.3,
            "ring" => x * x + y * y is <= 1 and >= 0.4,
            "square" => Math.Max(Math.Abs(x), Math.Abs(y)) <= 0.8,
            _ => y is >= -1 and <= 0.8 && Math.Abs(x) <= (y + 1) / 1.8,
        };
}
