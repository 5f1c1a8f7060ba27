using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Onebit.Conventions.Tests;

/// <summary>What README and docs tell a reader to paste works.</summary>
public partial class ReadmeTests
{
    private const string Run = "dotnet run -c Release --project src/Onebit.Cli -- ",
        Command = "onebit ";

    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";

    [Fact]
    public void The_readme_fits_on_its_page_and_shows_csharp_early()
    {
        string[] lines = File.ReadAllLines(Sources.Full("README.md"));
        Assert.InRange(lines.Length, 1, 120);
        Assert.InRange(Array.FindIndex(lines, l => l.StartsWith("```csharp", StringComparison.Ordinal)), 0, 38);
    }

    [Fact]
    public void The_example_prints_what_the_readme_says()
    {
        (string example, string expected) = Example();
        Assert.Equal(expected, Execute(example));
    }

    [Fact]
    public void The_published_example_has_at_most_5_MB_beside_the_framework()
    {
        const string Project = """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="ROOT/src/Onebit/Onebit.csproj" />
              </ItemGroup>
            </Project>
            """;
        (string example, string expected) = Example();
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("example.csproj"), Project.Replace("ROOT", Repository.Root, StringComparison.Ordinal));
        File.WriteAllText(folder.File("Program.cs"), example);
        string output = folder.File("output");
        // Apart from the build that these tests come from, and leaving no process behind that would hold the output open.
        (int code, string text) = Start(
            $"publish {folder.File("example.csproj")} -o {output} --artifacts-path {folder.File("artifacts")} "
                + "-nodeReuse:false -p:UseSharedCompilation=false -p:NuGetAudit=false -p:RunAnalyzers=false"
        );
        Assert.True(code == 0, text);
        Assert.InRange(new DirectoryInfo(output).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length), 1, 5_000_000);
        Assert.Equal((0, expected), Start(Path.Combine(output, "example.dll")));
    }

    public static TheoryData<string> Commands =>
        [
            .. Lines(File.ReadAllText(Sources.Full("README.md")))
                .Select(Short)
                .Where(l => l.StartsWith(Command, StringComparison.Ordinal))
                .Select(l => l[Command.Length..]),
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_of_the_readme_works(string arguments)
    {
        // The study takes minutes; tests of the command run a small one.
        (int code, string text) = Onebit(arguments == "study" ? "study --help" : arguments);
        Assert.True(code == 0, text);
    }

    [Fact]
    public void Every_command_in_the_docs_has_the_options_that_it_is_given()
    {
        var help = new Dictionary<string, string>();
        var mistakes = new List<string>();
        foreach (string file in Sources.OfKind(".md"))
        {
            string text = File.ReadAllText(Sources.Full(file));
            foreach (string line in Lines(text).Concat(InlineCode().Matches(text).Select(m => m.Groups[1].Value)))
            {
                string command = Short(line);
                if (CommandLine().Match(command) is not { Success: true } match)
                {
                    continue;
                }

                string name = match.Groups[1].Value;
                if (!help.TryGetValue(name, out string? options))
                {
                    (int code, options) = Onebit(name + " --help");
                    help[name] = options = code == 0 ? options : "";
                }

                if (options.Length == 0)
                {
                    mistakes.Add($"{file}: there is no command '{name}'");
                }

                mistakes.AddRange(
                    Option()
                        .Matches(command.Split('#')[0])
                        .Select(m => m.Value)
                        .Where(o => !options.Contains(o, StringComparison.Ordinal))
                        .Select(o => $"{file}: {name} has no {o}")
                );
            }
        }

        Assert.True(mistakes.Count == 0, string.Join('\n', mistakes.Distinct()));
    }

    [Fact]
    public void The_tool_that_the_readme_installs_is_the_one_that_it_packs()
    {
        string[] lines = [.. Lines(File.ReadAllText(Sources.Full("README.md")))];
        string project = File.ReadAllText(Sources.Full("src/Onebit.Cli/Onebit.Cli.csproj"));
        Assert.Contains("dotnet pack src/Onebit.Cli -c Release -o bin", lines);
        Assert.Contains("dotnet tool install --global onebit.cli --source bin", lines); // NuGet knows no case.
        Assert.Contains("<PackAsTool>true</PackAsTool>", project, StringComparison.Ordinal);
        Assert.Contains("<ToolCommandName>onebit</ToolCommandName>", project, StringComparison.Ordinal);
    }

    private static string Short(string line) => line.Replace(Run, Command, StringComparison.Ordinal);

    private static IEnumerable<MarkdownObject> Blocks(string markdown) => Markdown.Parse(markdown).Descendants();

    private static IEnumerable<string> Lines(string markdown) =>
        Blocks(markdown).OfType<CodeBlock>().SelectMany(b => b.Lines.ToString().Split('\n')).Select(l => l.Trim());

    /// <summary>Compiles a program and runs it in the repository's root.</summary>
    private static string Execute(string program)
    {
        var parse = new CSharpParseOptions(LanguageVersion.Preview);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Example",
            [CSharpSyntaxTree.ParseText(program, parse), CSharpSyntaxTree.ParseText(Usings, parse)],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
                .Split(Path.PathSeparator)
                .Where(File.Exists)
                .Select(f => MetadataReference.CreateFromFile(f)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication)
        );
        using var assembly = new MemoryStream();
        Assert.Empty(compilation.Emit(assembly).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning));
        TextWriter before = Console.Out;
        using var output = new StringWriter();
        try
        {
            Directory.SetCurrentDirectory(Repository.Root);
            Console.SetOut(output);
            MethodInfo main = Assembly.Load(assembly.ToArray()).EntryPoint!;
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(before);
        }

        return output.ToString().Trim();
    }

    private static (string Program, string Output) Example()
    {
        string readme = File.ReadAllText(Sources.Full("README.md"));
        return (
            Assert.Single(Blocks(readme).OfType<FencedCodeBlock>(), b => b.Info == "csharp").Lines.ToString(),
            Regex.Match(readme, "This prints `([^`]+)`").Groups[1].Value
        );
    }

    private static (int Code, string Text) Onebit(string arguments) =>
        Start(Path.Combine(AppContext.BaseDirectory, "Onebit.Cli.dll") + " " + arguments);

    /// <summary>Starts dotnet in the repository's root.</summary>
    private static (int Code, string Text) Start(string arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments.Split(' '))
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // `dotnet test` tells its own MSBuild where things are; another one finds them by itself.
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, text.Trim());
    }

    [GeneratedRegex("`(onebit [^`]+)`")]
    private static partial Regex InlineCode();

    [GeneratedRegex("^onebit ([a-z]+)")]
    private static partial Regex CommandLine();

    [GeneratedRegex("(?<= )--[a-z-]+")]
    private static partial Regex Option();
}
