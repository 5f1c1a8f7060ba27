using System.Runtime.InteropServices;

namespace Onebit.Export;

/// <summary>An array of numbers with a name.</summary>
/// <param name="Name">The name, as in <c>lowMultipliers</c>.</param>
/// <param name="Values">Bytes, 32-bit or 64-bit integers.</param>
/// <param name="Shape">Its dimensions, the last one the fastest.</param>
internal sealed record NumberArray(string Name, Array Values, int[] Shape)
{
    /// <summary>An array of bytes, 32-bit or 64-bit integers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">The numbers.</param>
    /// <param name="shape">None: one dimension.</param>
    public static NumberArray Of<T>(string name, ReadOnlyMemory<T> values, params int[] shape)
        where T : struct => new(name, values.ToArray(), shape.Length == 0 ? [values.Length] : shape);

    /// <summary>The type in C.</summary>
    public CType Type =>
        Values switch
        {
            byte[] => CType.UInt8,
            int[] => CType.Int32,
            _ => CType.Int64,
        };

    /// <summary>The numbers, whatever their type.</summary>
    public IEnumerable<long> Numbers =>
        Values switch
        {
            byte[] bytes => bytes.Select(v => (long)v),
            int[] numbers => numbers.Select(v => (long)v),
            _ => (long[])Values,
        };

    /// <summary>The numbers in the order of this machine, which is little-endian.</summary>
    public ReadOnlySpan<byte> Bytes =>
        Values switch
        {
            byte[] bytes => bytes,
            int[] numbers => MemoryMarshal.AsBytes<int>(numbers),
            _ => MemoryMarshal.AsBytes<long>((long[])Values),
        };
}
