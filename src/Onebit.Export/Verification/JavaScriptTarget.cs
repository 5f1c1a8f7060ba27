namespace Onebit.Export;

/// <summary>The engine of web pages, in Node.</summary>
internal sealed class JavaScriptTarget : VerificationTarget
{
    public override string Name => "javascript";

    public override string Tool => JavaScriptEngine.Tool;

    public override IReadOnlyList<string> Programs => [JavaScriptEngine.Tool];

    public override TargetRun Run(BitModel model, ReadOnlyMemory<byte> images)
    {
        try
        {
            long[] scores = JavaScriptEngine.Scores(model.ToBytes(), images.Span);
            return new TargetRun([.. scores.Chunk(model.ClassCount).SelectMany(s => s.Prepend(Array.IndexOf(s, s.Max())))]);
        }
        catch (IOException e)
        {
            throw new VerificationException(e.Message);
        }
    }
}
