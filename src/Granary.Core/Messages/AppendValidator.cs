using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Granary.Core.Messages;

/// <summary>The rules that an append follows before anything else is done with it. Checking a good one allocates nothing.</summary>
internal static class AppendValidator
{
    /// <summary>Messages up to which each id is compared with each, without a set.</summary>
    private const int FewMessages = 16;

    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Checks a request.</summary>
    /// <exception cref="InvalidRequestException">It breaks a rule; the field is named as in <c>messages[2].tool_calls[0].id</c>.</exception>
    /// <exception cref="TooLargeException">It holds too many messages, or too large ones.</exception>
    public static void Validate(AppendRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var messages = request.Messages;
        if (messages is null)
            Refuse("messages", "is required");
        if (messages.Count == 0)
            Refuse("messages", "must hold 1 to 100 messages");
        if (messages.Count > MessageLimits.MaxMessages)
            throw new TooLargeException("messages", "must hold at most 100 messages");

        if (request.IdempotencyKey is { } key && !IsIdempotencyKey(key))
            Refuse("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
        if (request.Supersedes is < 1)
            Refuse("supersedes", "must be 1 or more");
        if (request.AgentId is { } agent)
            Ids.Require(agent, "agent_id");
        if (request.Resource is { } resource)
            Ids.Require(resource, "resource");

        var bytes = 0L;
        for (var i = 0; i < messages.Count; i++)
        {
            var path = new FieldPath("messages", i);
            if (messages[i] is not { } message)
            {
                Refuse(path, "", "is required");
                return;
            }

            bytes += Check(message, path);
        }

        // What was added up are upper bounds; the exact sizes matter only where those do not fit.
        if (bytes > MessageLimits.MaxRequestBytes && TotalBytes(messages) > MessageLimits.MaxRequestBytes)
            throw new TooLargeException("messages", "must be at most 1048576 bytes (1 MiB) as UTF-8 together");

        RefuseRepeatedIds(messages);
    }

    /// <summary>Checks one message on its own.</summary>
    /// <param name="message">The message.</param>
    /// <param name="field">Its name in errors, for example <c>messages[2]</c>.</param>
    /// <exception cref="InvalidRequestException">It breaks a rule.</exception>
    /// <exception cref="TooLargeException">It is too large.</exception>
    public static void ValidateMessage(Message message, string field)
    {
        var path = new FieldPath(field);
        if (message is null)
            Refuse(path, "", "is required");
        Check(message, path);
    }

    /// <summary>Returns an upper bound of the message's bytes.</summary>
    private static long Check(Message message, FieldPath path)
    {
        if (message.Role is < MessageRole.System or > MessageRole.Tool)
            Refuse(path, ".role", "must be system, user, assistant or tool");
        if (message.Id is { } id)
            CheckName(id, path, ".id");
        if (message.Name is { } name)
            CheckName(name, path, ".name");

        CheckText(message.Content, path, ".content");
        CheckText(message.Reasoning, path, ".reasoning");
        if (message.Timestamp is { } timestamp && (timestamp < Earliest || timestamp >= Latest))
            Refuse(path, ".timestamp", "must lie in the years 1900 to 2199");
        if (message.Metadata is { } metadata)
            CheckMetadata(metadata, path);
        if (message.Media is { } media)
            CheckMedia(media, path);

        CheckTools(message, path);
        if (message is { Partial: true, Role: not MessageRole.Assistant })
            Refuse(path, ".partial", "belongs to assistant messages only");
        if (message.Role != MessageRole.Tool && string.IsNullOrWhiteSpace(message.Content) && message.ToolCalls is null && message.Media is not { Count: > 0 })
            Refuse(path, ".content", "must not be empty in a message without tool calls and media");

        var bytes = MessageSize.UpperBound(message);
        if (bytes > MessageLimits.MaxMessageBytes && MessageSize.Bytes(message) > MessageLimits.MaxMessageBytes)
            throw new TooLargeException(path.ToString(), "must be at most 262144 bytes (256 KiB) as UTF-8, all its texts together");

        return bytes;
    }

    private static void CheckMetadata(JsonElement metadata, FieldPath path)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
            Refuse(path, ".metadata", "must be a JSON object");
        if (MessageSize.Bytes(metadata) > MessageLimits.MaxMetadataBytes)
            throw new TooLargeException($"{path}.metadata", "must be at most 16384 bytes (16 KiB) as UTF-8 JSON");
        if (JsonRules.WhyRefused(metadata) is { } rule)
            Refuse(path, ".metadata", rule);
    }

    private static void CheckMedia(IReadOnlyList<MediaReference> media, FieldPath path)
    {
        for (var i = 0; i < media.Count; i++)
        {
            if (media[i] is not { } item)
            {
                Refuse(path, $".media[{i}]", "is required");
                return;
            }

            if (item.Type is < MediaKind.Image or > MediaKind.File)
                Refuse(path, $".media[{i}].type", "must be image, audio, video or file");
            if (item.Url is null)
                Refuse(path, $".media[{i}].url", "is required");
            if (!MediaAddress.IsValid(item.Url))
                Refuse(path, $".media[{i}].url", MediaAddress.Rule);
            if (item.MimeType is { } mimeType && !TextRules.IsName(mimeType, MessageLimits.MaxNameLength))
                Refuse(path, $".media[{i}].mime_type", NameRule);
            if (item.Description is { } description && !TextRules.IsWellFormed(description))
                Refuse(path, $".media[{i}].description", SurrogateRule);
        }
    }

    private static void CheckTools(Message message, FieldPath path)
    {
        if (message.Role == MessageRole.Tool)
        {
            if (message.ToolCallId is not { } callId)
            {
                Refuse(path, ".tool_call_id", "is required in a tool message");
                return;
            }

            CheckName(callId, path, ".tool_call_id");
            CheckText(message.ToolError, path, ".tool_error");
        }
        else if (message.ToolCallId is not null)
        {
            Refuse(path, ".tool_call_id", "belongs to tool messages only");
        }
        else if (message.ToolError is not null)
        {
            Refuse(path, ".tool_error", "belongs to tool messages only");
        }

        if (message.ToolCalls is not { } calls)
            return;
        if (message.Role != MessageRole.Assistant)
            Refuse(path, ".tool_calls", "belong to assistant messages only");
        if (calls.Count == 0)
            Refuse(path, ".tool_calls", "must not be empty; leave them out where no tool is called");
        for (var i = 0; i < calls.Count; i++)
            CheckToolCall(calls, i, path);
    }

    private static void CheckToolCall(IReadOnlyList<ToolCall> calls, int index, FieldPath path)
    {
        if (calls[index] is not { } call)
        {
            Refuse(path, $".tool_calls[{index}]", "is required");
            return;
        }

        if (call.Id is null || !TextRules.IsName(call.Id, MessageLimits.MaxNameLength))
            Refuse(path, $".tool_calls[{index}].id", call.Id is null ? "is required" : NameRule);
        if (call.Name is null || !TextRules.IsName(call.Name, MessageLimits.MaxNameLength))
            Refuse(path, $".tool_calls[{index}].name", call.Name is null ? "is required" : NameRule);
        if (call.Arguments.ValueKind is not (JsonValueKind.Object or JsonValueKind.String))
            Refuse(path, $".tool_calls[{index}].arguments", "must be a JSON object or a string");
        if (JsonRules.WhyRefused(call.Arguments) is { } rule)
            Refuse(path, $".tool_calls[{index}].arguments", rule);

        for (var i = 0; i < index; i++)
        {
            if (string.Equals(calls[i].Id, call.Id, StringComparison.Ordinal))
                Refuse(path, $".tool_calls[{index}].id", "comes twice in the message");
        }
    }

    private static void RefuseRepeatedIds(IReadOnlyList<Message> messages)
    {
        if (messages.Count <= FewMessages)
        {
            for (var i = 1; i < messages.Count; i++)
            {
                for (var j = 0; messages[i].Id is { } id && j < i; j++)
                {
                    if (string.Equals(messages[j].Id, id, StringComparison.Ordinal))
                        Refuse(new FieldPath("messages", i), ".id", "comes twice in the request");
                }
            }

            return;
        }

        var seen = new HashSet<string>(messages.Count, StringComparer.Ordinal);
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Id is { } id && !seen.Add(id))
                Refuse(new FieldPath("messages", i), ".id", "comes twice in the request");
        }
    }

    private static long TotalBytes(IReadOnlyList<Message> messages)
    {
        var bytes = 0L;
        for (var i = 0; i < messages.Count; i++)
            bytes += MessageSize.Bytes(messages[i]);
        return bytes;
    }

    private static bool IsIdempotencyKey(string key) =>
        key.Length is > 0 and <= MessageLimits.MaxIdempotencyKeyLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static void CheckName(string name, FieldPath path, string suffix)
    {
        if (!TextRules.IsName(name, MessageLimits.MaxNameLength))
            Refuse(path, suffix, NameRule);
    }

    private static void CheckText(string? text, FieldPath path, string suffix)
    {
        if (text is not null && !TextRules.IsWellFormed(text))
            Refuse(path, suffix, SurrogateRule);
    }

    [DoesNotReturn]
    private static void Refuse(FieldPath path, string suffix, string rule) => throw new InvalidRequestException(path + suffix, rule);

    [DoesNotReturn]
    private static void Refuse(string field, string rule) => throw new InvalidRequestException(field, rule);

    private const string NameRule = "must be 1 to 256 characters, none of them a control character";
    private const string SurrogateRule = "holds half of a surrogate pair: it is not valid Unicode";
}
