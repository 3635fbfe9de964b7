namespace Granary.Llm.Functions;

/// <summary>What came of a call.</summary>
/// <param name="Text">The result, or why there is none.</param>
/// <param name="IsError">Whether the call failed.</param>
public sealed record FunctionResult(string Text, bool IsError)
{
    /// <summary>What the model reads: the result, or <c>Error: </c> and the reason.</summary>
    public string Content => IsError ? "Error: " + Text : Text;

    /// <summary>A call that failed.</summary>
    /// <param name="reason">Why, in words for the model.</param>
    public static FunctionResult Failure(string reason) => new(reason, IsError: true);
}
