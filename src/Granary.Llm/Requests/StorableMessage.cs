using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Granary.Llm.Requests;

/// <summary>
/// Messages in the form that a session takes. Providers take more than it does: what is too large is replaced by a mark that says what it was,
/// the same for the same content; what is no valid text is mended. What a provider gets is not touched by this.
/// </summary>
internal static class StorableMessage
{
    /// <summary>Of the 256 KiB that a message may have, those left to its text; names, ids and marks need some.</summary>
    private const int MaxBytes = MessageLimits.MaxMessageBytes - (8 * 1024);

    /// <summary>The largest picture that is kept with its message; beyond it only a mark.</summary>
    private const int MaxMediaBytes = 128 * 1024;

    private const string OmittedScheme = "urn:granary:omitted:";

    /// <summary>The messages to store, each with its place among those given. Left out is what a session refuses besides: messages that say nothing, results of calls
    /// that do not wait for one, and calls whose id still waits.</summary>
    /// <param name="messages">Messages of a request, without system messages.</param>
    /// <param name="open">The calls of the session that wait for a result; changed.</param>
    public static List<(int Index, Message Message)> OfAll(IReadOnlyList<ModelMessage> messages, HashSet<string> open)
    {
        var kept = new List<(int, Message)>(messages.Count);
        for (var index = 0; index < messages.Count; index++)
        {
            if (Of(messages[index]) is not { } message)
            {
                continue;
            }

            var calls = message.ToolCalls?.Where(call => open.Add(call.Id)).ToList();
            var says = message.Role == MessageRole.Tool
                ? open.Remove(message.ToolCallId!)
                : !string.IsNullOrWhiteSpace(message.Content) || calls is { Count: > 0 } || message.Media is { Count: > 0 };
            if (says)
            {
                kept.Add((index, ToMessage(message) with { ToolCalls = calls is { Count: > 0 } ? calls : null }));
            }
        }

        return kept;
    }

    /// <summary>A message of a request as a session would have it.</summary>
    /// <returns>Null if there is nothing in it that could be stored.</returns>
    public static ModelMessage? Of(ModelMessage message)
    {
        var calls = message.Role == MessageRole.Assistant ? Calls(message.ToolCalls) : null;
        var callId = message.Role == MessageRole.Tool && message.ToolCallId is { } id ? Name(id) : null;
        if (message.Role == MessageRole.Tool && callId is null)
        {
            return null;
        }

        var content = Text(message.Content);
        var media = Media(message.Media, MaxBytes - Math.Min(Bytes(content), MaxBytes / 2));
        var left = MaxBytes - Size(calls) - Size(media);
        var error = message.ToolError is { } failure && message.Role == MessageRole.Tool ? Cut(Text(failure), left / 4) : null;
        content = Cut(content, left - Bytes(error));
        if (string.IsNullOrWhiteSpace(content) && calls is null && media is null && message.Role != MessageRole.Tool)
        {
            return null;
        }

        return new ModelMessage
        {
            Role = message.Role,
            Content = content,
            Name = message.Name is { } name ? Name(name) : null,
            Media = media,
            ToolCalls = calls,
            ToolCallId = callId,
            ToolError = error,
        };
    }

    /// <summary>An answer of a model.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="begun">How the client had begun it, if it had.</param>
    /// <param name="partial">Whether it broke off.</param>
    /// <returns>Null if it says nothing.</returns>
    public static Message? Of(ChatResponse answer, string? begun, bool partial)
    {
        var taken = answer.Content.Length > 0 || answer.ToolCalls.Count > 0
            ? Of(new ModelMessage { Role = MessageRole.Assistant, Content = begun + answer.Content, ToolCalls = answer.ToolCalls.Count > 0 ? answer.ToolCalls : null })
            : null;
        if (taken is null)
        {
            return null;
        }

        var reasoning = answer.Reasoning is { Length: > 0 } text ? Cut(Text(text), MaxBytes - Bytes(taken.Content) - Size(taken.ToolCalls)) : null;
        return new Message
        {
            Role = MessageRole.Assistant,
            Content = taken.Content,
            ToolCalls = taken.ToolCalls,
            Reasoning = string.IsNullOrEmpty(reasoning) ? null : reasoning,
            Partial = partial,
        };
    }

    /// <summary>A model's message as one of a session.</summary>
    public static Message ToMessage(ModelMessage message) => new()
    {
        Role = message.Role,
        Content = message.Content,
        Name = message.Name,
        Media = message.Media,
        ToolCalls = message.ToolCalls,
        ToolCallId = message.ToolCallId,
        ToolError = message.ToolError,
    };

    /// <summary>A stored message as a model gets it.</summary>
    public static ModelMessage ToModel(Message message) => new()
    {
        Role = message.Role,
        Content = message.Content,
        Name = message.Name,
        Media = message.Media,
        ToolCalls = message.ToolCalls is { Count: > 0 } calls ? calls : null,
        ToolCallId = message.ToolCallId,
        ToolError = message.ToolError,
    };

    /// <summary>The message with words in the place of what was not kept.</summary>
    public static ModelMessage WithMarks(ModelMessage message)
    {
        if (message.Media is not { } media || !media.Any(IsOmitted))
        {
            return message;
        }

        var marks = media.Where(IsOmitted).Select(item => $"[{item.Description}]");
        return message with
        {
            Content = string.Join('\n', marks.Prepend(message.Content).Where(text => text.Length > 0)),
            Media = media.All(IsOmitted) ? null : [.. media.Where(item => !IsOmitted(item))],
        };
    }

    /// <summary>Whether a session may have it in another form than it is sent in.</summary>
    public static bool IsChanged(ModelMessage message) => message.Media is { Count: > 0 } || message.Content.Length > MaxBytes / 3 || message.Content.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');

    private static bool IsOmitted(MediaReference media) => media.Url.StartsWith(OmittedScheme, StringComparison.Ordinal);

    private static List<ToolCall>? Calls(IReadOnlyList<ToolCall>? calls)
    {
        if (calls is not { Count: > 0 })
        {
            return null;
        }

        var stored = new List<ToolCall>(calls.Count);
        var left = MaxBytes / 2;
        foreach (var call in calls)
        {
            if (Name(call.Id) is not { } id || Name(call.Name) is not { } name || stored.Exists(other => other.Id == id))
            {
                continue;
            }

            var arguments = Arguments(call.Arguments, left);
            left -= Math.Min(left, Encoding.UTF8.GetByteCount(arguments.GetRawText()));
            stored.Add(new ToolCall(id, name, arguments));
        }

        return stored.Count > 0 ? stored : null;
    }

    /// <summary>Arguments that a session takes: an object, or else their text as a string.</summary>
    private static JsonElement Arguments(JsonElement arguments, int max)
    {
        if (arguments.ValueKind == JsonValueKind.Undefined)
        {
            return JsonSerializer.SerializeToElement("");
        }

        var raw = arguments.ValueKind == JsonValueKind.String ? arguments.GetString()! : arguments.GetRawText();
        if (Encoding.UTF8.GetByteCount(raw) <= max && arguments.ValueKind == JsonValueKind.Object && IsPlain(arguments, 1))
        {
            // A copy: the element would keep all of the body that it came in.
            return arguments.Clone();
        }

        // Twice: escaping may double it.
        return JsonSerializer.SerializeToElement(Cut(Text(raw), max / 2));
    }

    /// <summary>Whether no name comes twice and nothing is nested deeper than a session takes.</summary>
    private static bool IsPlain(JsonElement json, int depth)
    {
        const int MaxDepth = 32;
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var property in json.EnumerateObject())
                {
                    if (depth > MaxDepth || !names.Add(property.Name) || !IsPlain(property.Value, depth + 1))
                    {
                        return false;
                    }
                }

                return true;
            case JsonValueKind.Array:
                return depth <= MaxDepth && json.EnumerateArray().All(item => IsPlain(item, depth + 1));
            case JsonValueKind.String:
                try
                {
                    json.GetString();
                    return true;
                }
                catch (InvalidOperationException)
                {
                    return false;
                }

            default:
                return true;
        }
    }

    private static List<MediaReference>? Media(IReadOnlyList<MediaReference>? media, int max)
    {
        if (media is not { Count: > 0 })
        {
            return null;
        }

        var stored = new List<MediaReference>(media.Count);
        foreach (var item in media)
        {
            var kept = Kept(item, Math.Min(max, MaxMediaBytes));
            max -= Size([kept]);
            if (max < 0)
            {
                break;
            }

            stored.Add(kept);
        }

        return stored;
    }

    private static MediaReference Kept(MediaReference item, int max)
    {
        var type = item.MimeType is { } given ? Name(given) : null;
        var description = item.Description is { } text ? Cut(Text(text), 2_048) : null;
        if (Bytes(item.Url) + Bytes(type) + Bytes(description) <= max && IsAddress(item.Url))
        {
            return item with { MimeType = type, Description = description };
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(item.Url)).AsSpan(0, 16));
        var what = string.Create(
            CultureInfo.InvariantCulture, $"{item.Type.ToString().ToLowerInvariant()} not stored: {type ?? "of unknown type"}, {Bytes(item.Url)} bytes as sent");
        return new MediaReference(item.Type, OmittedScheme + hash, type, description is null ? what : $"{what}; {description}");
    }

    private static bool IsAddress(string url)
    {
        if (url.AsSpan().ContainsAnyInRange('\0', ' ') || url.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c)))
        {
            return false;
        }

        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return url.Contains(',', StringComparison.Ordinal);
        }

        var colon = url.IndexOf(':', StringComparison.Ordinal);
        return colon >= 2 && colon + 1 < url.Length && Uri.CheckSchemeName(url[..colon]) && Uri.TryCreate(url, UriKind.Absolute, out _);
    }

    /// <summary>Valid UTF-16: half a character becomes the replacement character.</summary>
    private static string Text(string text)
    {
        for (var at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
            {
                continue;
            }

            if (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            {
                at++;
                continue;
            }

            return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        }

        return text;
    }

    private static string? Name(string name)
    {
        var text = Text(name);
        if (text.Any(char.IsControl))
        {
            text = new string([.. text.Where(c => !char.IsControl(c))]);
        }

        // A name is told apart by its end as well as by its beginning.
        return text.Length == 0 ? null
            : text.Length <= MessageLimits.MaxNameLength ? text
            : Text(text[..(MessageLimits.MaxNameLength - 33)] + "~" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16)));
    }

    /// <summary>A text of at most that many bytes: the first and the last part of a longer one, and between them how much was left out.</summary>
    private static string Cut(string text, int max)
    {
        max = Math.Max(max, 0);
        var bytes = Bytes(text);
        if (bytes <= max)
        {
            return text;
        }

        var mark = string.Create(CultureInfo.InvariantCulture, $"\n[… cut to be stored: {bytes} bytes in all …]\n");
        var half = Math.Max(0, (max - Bytes(mark)) / 2);
        return half == 0 ? "" : Beginning(text, half) + mark + End(text, half);
    }

    private static string Beginning(string text, int max)
    {
        var length = Math.Min(text.Length, max);
        while (length > 0 && Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) > max)
        {
            length -= Math.Max(1, (Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) - max) / 3);
        }

        return text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }

    private static string End(string text, int max)
    {
        var start = text.Length - Math.Min(text.Length, max);
        while (start < text.Length && Encoding.UTF8.GetByteCount(text.AsSpan(start)) > max)
        {
            start += Math.Max(1, (Encoding.UTF8.GetByteCount(text.AsSpan(start)) - max) / 3);
        }

        return text[(start < text.Length && char.IsLowSurrogate(text[start]) ? start + 1 : start)..];
    }

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private static int Size(IReadOnlyList<ToolCall>? calls) =>
        calls?.Sum(call => Bytes(call.Id) + Bytes(call.Name) + Encoding.UTF8.GetByteCount(call.Arguments.GetRawText())) ?? 0;

    private static int Size(IReadOnlyList<MediaReference>? media) => media?.Sum(item => Bytes(item.Url) + Bytes(item.MimeType) + Bytes(item.Description)) ?? 0;
}
