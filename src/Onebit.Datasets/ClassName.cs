using System.Text;
using ADRaffy.ENSNormalize;

namespace Onebit.Datasets;

/// <summary>Class names as folders spell them.</summary>
internal static class ClassName
{
    /// <summary>
    /// The spelling with composed characters (Unicode's form NFC). A Mac decomposes names. .NET leaves names as they are where it runs
    /// without ICU, as here.
    /// </summary>
    public static string Composed(string name) => Ascii.IsValid(name) ? name : ENSNormalize.NF.NFC(name);
}
