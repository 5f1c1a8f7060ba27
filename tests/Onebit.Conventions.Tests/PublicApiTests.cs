using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Onebit.Conventions.Tests;

/// <summary>
/// What programs may use of a package is written down in its PublicApi.txt, so that no change of it goes unseen. CONTRIBUTING says how to
/// write the files anew.
/// </summary>
public class PublicApiTests
{
    private const string Update = "ONEBIT_UPDATE_API";

    private static readonly SymbolDisplayFormat s_format = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints,
        memberOptions: SymbolDisplayMemberOptions.IncludeModifiers
            | SymbolDisplayMemberOptions.IncludeAccessibility
            | SymbolDisplayMemberOptions.IncludeType
            | SymbolDisplayMemberOptions.IncludeParameters
            | SymbolDisplayMemberOptions.IncludeConstantValue
            | SymbolDisplayMemberOptions.IncludeRef,
        parameterOptions: SymbolDisplayParameterOptions.IncludeType
            | SymbolDisplayParameterOptions.IncludeName
            | SymbolDisplayParameterOptions.IncludeParamsRefOut
            | SymbolDisplayParameterOptions.IncludeDefaultValue,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        kindOptions: SymbolDisplayKindOptions.IncludeTypeKeyword,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes
            | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
    );

    public static TheoryData<string> Packages => ["Onebit", "Onebit.Datasets", "Onebit.Export", "Onebit.Training", "Onebit.Study"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_api_of_a_package_is_the_one_written_down(string package)
    {
        string file = Sources.Full($"src/{package}/PublicApi.txt"),
            api = string.Concat(Types(package).SelectMany(Lines).Select(line => line + "\n"));
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(file, api);
        }

        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), api);
    }

    private static IEnumerable<INamedTypeSymbol> Types(string package)
    {
        MetadataReference[] references =
        [
            .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Where(File.Exists)
                .Select(f => MetadataReference.CreateFromFile(f)),
        ];
        var compilation = CSharpCompilation.Create("Api", references: references);
        IAssemblySymbol assembly = compilation.SourceModule.ReferencedAssemblySymbols.Single(a => a.Name == package);
        return In(assembly.GlobalNamespace).OrderBy(t => t.ToDisplayString(s_format), StringComparer.Ordinal);

        static IEnumerable<INamedTypeSymbol> In(INamespaceOrTypeSymbol owner) =>
            owner
                .GetMembers()
                .OfType<INamespaceOrTypeSymbol>()
                .SelectMany(member => In(member).Concat(member is INamedTypeSymbol type && IsVisible(type) ? [type] : []));
    }

    private static IEnumerable<string> Lines(INamedTypeSymbol type) =>
        [
            type.ToDisplayString(s_format) + Bases(type),
            .. type.GetMembers()
                .Where(m => m is not INamedTypeSymbol && IsVisible(m) && !IsGenerated(m))
                .Select(m => "    " + m.ToDisplayString(s_format))
                .Order(StringComparer.Ordinal),
        ];

    private static string Bases(INamedTypeSymbol type)
    {
        IEnumerable<INamedTypeSymbol> bases = type.BaseType is { SpecialType: SpecialType.None } b
            ? [b, .. type.Interfaces]
            : type.Interfaces;
        string text = string.Join(", ", bases.Select(s => s.ToDisplayString(s_format)).Order(StringComparer.Ordinal));
        return text.Length == 0 ? "" : $" : {text}";
    }

    private static bool IsVisible(ISymbol? symbol) =>
        symbol is null or INamespaceSymbol
        || symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal
            && IsVisible(symbol.ContainingType);

    /// <summary>Accessors stand with their property; the compiler writes a record's comparison and copying.</summary>
    private static bool IsGenerated(ISymbol member) =>
        member is IMethodSymbol { AssociatedSymbol: not null }
        || member.GetAttributes().Any(a => a.AttributeClass?.Name == nameof(CompilerGeneratedAttribute));
}
