namespace Onebit.Datasets;

/// <summary>
/// While it lasts, planes of this thread take memory that those of an earlier scope have left. A picture needs some megabytes in large
/// arrays, and fresh ones would cost a full garbage collection each time. No plane may be used after its scope.
/// </summary>
internal sealed class PlaneScope : IDisposable
{
    [ThreadStatic]
    private static PlaneScope? s_current;

    // Weak, so that an idle thread holds nothing.
    [ThreadStatic]
    private static WeakReference<List<float[]>>? s_left;

    private readonly List<float[]> _free = s_left is not null && s_left.TryGetTarget(out List<float[]>? left) ? left : [],
        _taken = [];

    public PlaneScope() => s_current = this;

    /// <summary>So many zeros.</summary>
    public static float[] Zeros(int count)
    {
        if (s_current is not { } scope)
        {
            return new float[count];
        }

        int index = scope._free.FindIndex(values => values.Length == count);
        float[] zeros = index < 0 ? new float[count] : scope._free[index];
        if (index >= 0)
        {
            scope._free.RemoveAt(index);
            Array.Clear(zeros);
        }

        scope._taken.Add(zeros);
        return zeros;
    }

    public void Dispose()
    {
        s_current = null;
        s_left = new WeakReference<List<float[]>>(_taken);
    }
}
