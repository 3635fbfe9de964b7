using System.Runtime.InteropServices;
using System.Text.Json;

namespace Granary.Core.Privacy;

/// <summary>A message without anything that was said in it. Ids, role, time, and which tools were called stay, so that blocks stay whole.</summary>
internal static class BlankMessage
{
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}"u8);

    /// <summary>The message with its content replaced; the same one if that has been done already.</summary>
    public static Message Of(Message message, string replacement) => IsBlank(message, replacement) ? message : message with
    {
        Content = replacement,
        Name = null,
        Metadata = null,
        Reasoning = null,
        Media = null,
        ToolCalls = message.ToolCalls is { } calls ? [.. calls.Select(call => call with { Arguments = NoArguments })] : null,
        ToolError = message.ToolError is null ? null : replacement,
        Redacted = true,
    };

    private static bool IsBlank(Message message, string replacement) =>
        message is { Redacted: true, Name: null, Metadata: null, Reasoning: null, Media: null }
        && message.Content == replacement
        && (message.ToolError is null || message.ToolError == replacement)
        && (message.ToolCalls is null || message.ToolCalls.All(call => JsonMarshal.GetRawUtf8Value(call.Arguments).SequenceEqual("{}"u8)));
}
