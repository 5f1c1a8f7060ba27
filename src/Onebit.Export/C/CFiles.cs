namespace Onebit.Export;

/// <summary>A model in C, see <see cref="CExporter"/>.</summary>
/// <param name="Header">The header, <c>PREFIX.h</c>.</param>
/// <param name="Source">The source, <c>PREFIX.c</c>, which includes the header.</param>
/// <param name="ConstantBytes">Bytes of weights and tables. Code comes on top.</param>
/// <param name="WorkBytes">Bytes of the work buffer. The image, the scores and the stack come on top.</param>
/// <param name="MultiplyAccumulates">Multiply-accumulates of one image.</param>
public sealed record CFiles(string Header, string Source, long ConstantBytes, long WorkBytes, long MultiplyAccumulates);
