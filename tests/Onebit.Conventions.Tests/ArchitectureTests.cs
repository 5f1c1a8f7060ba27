using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Onebit.Conventions.Tests;

/// <summary>Within a project, folders use one another in one direction alone. The compiler says who uses whom.</summary>
public class ArchitectureTests
{
    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(File.Exists)
            .Select(f => MetadataReference.CreateFromFile(f)),
    ];

    public static TheoryData<string> Projects =>
        [.. Sources.OfKind(".csproj").Where(f => f.StartsWith("src/", StringComparison.Ordinal)).Select(f => Path.GetDirectoryName(f)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_of_a_project_do_not_use_one_another_in_a_circle(string project)
    {
        Dictionary<string, HashSet<(string Folder, string Example)>> uses = Uses(project);
        Dictionary<string, HashSet<string>> reached = uses.Keys.ToDictionary(f => f, f => Reached(uses, f));
        string[] circles =
        [
            .. from folder in uses.Keys.Order(StringComparer.Ordinal)
            from used in uses[folder]
            where used.Folder == folder || reached[used.Folder].Contains(folder)
            select $"{folder} -> {used.Folder}: {used.Example}",
        ];
        Assert.True(circles.Length == 0, string.Join('\n', circles.Prepend($"Folders of {project} use one another in a circle:")));
    }

    private static HashSet<string> Reached(Dictionary<string, HashSet<(string Folder, string Example)>> uses, string from)
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out string? folder))
        {
            foreach ((string next, _) in uses[folder])
            {
                if (reached.Add(next))
                {
                    open.Push(next);
                }
            }
        }

        return reached;
    }

    /// <summary>By folder, the other folders whose types it uses, each with one example.</summary>
    private static Dictionary<string, HashSet<(string Folder, string Example)>> Uses(string project)
    {
        SyntaxTree[] trees =
        [
            .. Sources
                .OfKind(".cs")
                .Where(f => f.StartsWith(project + "/", StringComparison.Ordinal))
                .Select(f => CSharpSyntaxTree.ParseText(File.ReadAllText(Sources.Full(f)), new(LanguageVersion.Preview), f)),
        ];
        const string Usings =
            "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;"
            + "global using System.Threading; global using System.Threading.Tasks;";
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Project",
            [.. trees, CSharpSyntaxTree.ParseText(Usings, new CSharpParseOptions(LanguageVersion.Preview))],
            s_references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true)
        );
        Dictionary<string, HashSet<(string Folder, string Example)>> uses = trees
            .Select(t => Folder(t.FilePath))
            .Distinct()
            .ToDictionary(f => f, _ => new HashSet<(string, string)>());
        foreach (SyntaxTree tree in trees)
        {
            SemanticModel model = compilation.GetSemanticModel(tree);
            string folder = Folder(tree.FilePath);
            foreach (SimpleNameSyntax name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                ISymbol? symbol = model.GetSymbolInfo(name).Symbol;
                INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
                foreach (SyntaxReference declared in type?.OriginalDefinition.DeclaringSyntaxReferences ?? [])
                {
                    string other = declared.SyntaxTree.FilePath.Length > 0 ? Folder(declared.SyntaxTree.FilePath) : folder;
                    if (other != folder && !uses[folder].Any(u => u.Folder == other))
                    {
                        uses[folder].Add((other, $"{Path.GetFileName(tree.FilePath)} uses {type!.Name}"));
                    }
                }
            }
        }

        return uses;

        string Folder(string file) => Path.GetRelativePath(project, Path.GetDirectoryName(file)!).Replace('\\', '/');
    }
}
