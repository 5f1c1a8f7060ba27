using System.Text;
using System.Text.RegularExpressions;

namespace Onebit.Study;

/// <summary>One page that needs no network: font, style and pictures are in it.</summary>
internal static partial class Page
{
    /// <summary>A page of sections, well-formed XML too; the contents list all but the first.</summary>
    /// <param name="title">HTML.</param>
    /// <param name="introduction">HTML.</param>
    /// <param name="body">HTML: sections with an id, each beginning with its heading.</param>
    internal static string Write(string title, string introduction, string body)
    {
        string contents = string.Concat(
            Heading().Matches(body).Skip(1).Select(m => $"<a href=\"#{m.Groups[1].Value}\">{m.Groups[2].Value}</a> ")
        );
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <title>{title}</title>
            <style>
            {Svg.FontFace}
            {Encoding.UTF8.GetString(Svg.Resource("page.css"))}@media (prefers-color-scheme:dark){'{'}{Palette.DarkRules(
                ".chart"
            )}{Palette.DarkRules(".key")}{'}'}
            </style>
            </head>
            <body>
            <main>
            <header>
            <h1>{title}</h1>
            <p>{introduction}</p>
            <nav>{contents}</nav>
            </header>
            {body}
            </main>
            </body>
            </html>

            """;
    }

    [GeneratedRegex("<section id=\"(.+?)\">\\s*<h2>(.+?)</h2>")]
    private static partial Regex Heading();
}
