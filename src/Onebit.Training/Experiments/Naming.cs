namespace Onebit.Training;

/// <summary>What may name an experiment, a network or a run. Names end up in paths, terminals and pages.</summary>
internal static class Naming
{
    /// <summary>Refuses a name that no page could show.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">Whose name it is, such as "the network's name".</param>
    /// <exception cref="ExperimentException">It is empty, or holds a control character or broken text.</exception>
    internal static void Check(string? name, string what)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new ExperimentException($"{what} is empty; give one.");
        }

        if (VisibleText.IsBroken(name) || name.EnumerateRunes().Any(VisibleText.IsNoCharacter))
        {
            throw new ExperimentException($"{what} holds a control character or broken text; choose another.");
        }
    }
}
