namespace Onebit;

/// <summary>
/// One step of a packed model. Value 0 is the model's input; operation <c>i</c> produces value
/// <c>i + 1</c>. An operation names the earlier value it reads, so a model is a list, not a chain.
/// All values are integers of shape channels x height x width, stored channel by channel, row by row.
/// </summary>
/// <param name="Input">The value read: 0 for the model's input, <c>i + 1</c> for operation <c>i</c>.</param>
public abstract record Operation(int Input);
