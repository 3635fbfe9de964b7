namespace Granary.Llm.Rendering.Repairs;

/// <summary>Results of tools as text.</summary>
internal static class ToolResults
{
    /// <summary>What the text of a failed tool's result begins with.</summary>
    public const string ErrorPrefix = "Error: ";

    /// <summary>What a call without a result says: the conversation was cut there.</summary>
    public const string Interrupted = "interrupted: no result was recorded";

    /// <summary>The result's text, with the error before whatever the tool said besides.</summary>
    /// <param name="message">The tool message.</param>
    /// <param name="text">Its text, media lines included.</param>
    public static string Text(ModelMessage message, string text) => message.ToolError is not { } error
        ? text
        : text.Length == 0 ? ErrorPrefix + error : $"{ErrorPrefix}{error}\n{text}";

    /// <summary>The error of a text that is known to be one.</summary>
    public static string Error(string text) => text.StartsWith(ErrorPrefix, StringComparison.Ordinal) ? text[ErrorPrefix.Length..] : text;
}
