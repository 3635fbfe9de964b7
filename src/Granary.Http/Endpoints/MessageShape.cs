using System.Text.Json;

namespace Granary.Http.Endpoints;

/// <summary>
/// Refuses messages whose lists or parts are null or missing where the contracts have none: the serializer checks properties, but neither
/// items of lists nor parts of positional records. What messages mean is the session's to check.
/// </summary>
internal static class MessageShape
{
    public static void Require(IReadOnlyList<Message> messages, string path = "messages")
    {
        for (var index = 0; index < messages.Count; index++)
        {
            var at = $"{path}[{index}]";
            var message = messages[index] ?? throw new InvalidRequestException(at, "must be an object");
            Require(message.ToolCalls, $"{at}.tool_calls", RequireCall);
            Require(message.Media, $"{at}.media", RequireMedia);
        }
    }

    /// <summary>Refuses values that are null.</summary>
    public static void Require(IReadOnlyDictionary<string, string>? values, string path)
    {
        foreach (var (name, value) in values ?? new Dictionary<string, string>())
        {
            if (value is null)
            {
                throw new InvalidRequestException($"{path}.{name}", "must be a string");
            }
        }
    }

    private static void Require<T>(IReadOnlyList<T>? items, string path, Action<T, string> require)
        where T : class
    {
        for (var index = 0; index < items?.Count; index++)
        {
            require(items[index] ?? throw new InvalidRequestException($"{path}[{index}]", "must be an object"), $"{path}[{index}]");
        }
    }

    private static void RequireCall(ToolCall call, string at)
    {
        RequireText(call.Id, $"{at}.id");
        RequireText(call.Name, $"{at}.name");
        if (call.Arguments.ValueKind == JsonValueKind.Undefined)
        {
            throw new InvalidRequestException($"{at}.arguments", "is required");
        }
    }

    private static void RequireMedia(MediaReference media, string at) => RequireText(media.Url, $"{at}.url");

    private static void RequireText(string? text, string field)
    {
        if (text is null)
        {
            throw new InvalidRequestException(field, "is required");
        }
    }
}
