using System.Text.Json;
using System.Text.RegularExpressions;
using Granary.Core.Messages;

namespace Granary.Core.Privacy;

/// <summary>Applies the patterns of a policy to messages, one after the other, and keeps the time that each pattern has taken. For one thread.</summary>
internal sealed class RedactionRun(RedactionPattern[] patterns, string replacement, TimeProvider time) : ITextRedaction
{
    /// <summary>Rounds after which a text that still changes is replaced as a whole. A replacement can make a new match, but seldom does so twice.</summary>
    private const int MaxRounds = 4;

    private readonly TimeSpan[] _spent = new TimeSpan[patterns.Length];
    private int _current;

    /// <summary>The redacted message; the same one where nothing matches; without its content where a pattern fails or is known to fail.</summary>
    public Message Redact(Message message)
    {
        var entered = 0;
        while (entered < patterns.Length && patterns[entered].Breaker.TryEnter())
            entered++;
        if (entered < patterns.Length)
        {
            Leave(entered);
            return BlankMessage.Of(message, replacement);
        }

        if (!TryApply(message, out var redacted) && !TryApply(message, out redacted))
        {
            patterns[_current].Breaker.Failed();
            Leave(patterns.Length);
            return BlankMessage.Of(message, replacement);
        }

        foreach (var pattern in patterns)
            pattern.Breaker.Succeeded();
        return redacted;
    }

    /// <summary>
    /// False if it went wrong, whatever it was: what could not be redacted must not be stored. Worth a second try, since time limits are those of a
    /// clock on the wall: a pause of the process looks like a slow pattern, and what is blanked is lost for good.
    /// </summary>
    private bool TryApply(Message message, out Message redacted)
    {
        try
        {
            Array.Clear(_spent);
            redacted = Apply(message);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            redacted = message;
            return false;
        }
    }

    /// <inheritdoc/>
    public string Redact(string text)
    {
        if (text.Length == 0)
            return text;

        var maxLength = Math.Max(text.Length, MessageLimits.MaxMessageBytes);
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = text;
            for (_current = 0; _current < patterns.Length; _current++)
                text = Replace(text, maxLength);
            _current = 0;
            if (ReferenceEquals(text, before))
                return text;
        }

        return replacement;
    }

    private string Replace(string text, int maxLength)
    {
        var start = time.GetTimestamp();
        var replaced = patterns[_current].Replace(text, maxLength);
        _spent[_current] += time.GetElapsedTime(start);
        return _spent[_current] <= RedactionPattern.Timeout ? replaced : throw new RegexMatchTimeoutException();
    }

    private Message Apply(Message message)
    {
        var content = Redact(message.Content);
        var reasoning = RedactOptional(message.Reasoning);
        var error = RedactOptional(message.ToolError);
        var name = RedactOptional(message.Name);
        if (name is { Length: > MessageLimits.MaxNameLength })
            name = replacement;

        JsonElement redacted = default;
        var isMetadataSame = message.Metadata is not { } metadata || !JsonRedaction.TryRedact(metadata, this, out redacted);
        var media = MediaRedaction.Redact(message.Media, this);
        var calls = RedactCalls(message.ToolCalls);
        var isSame = ReferenceEquals(content, message.Content) && ReferenceEquals(reasoning, message.Reasoning)
            && ReferenceEquals(error, message.ToolError) && ReferenceEquals(name, message.Name)
            && isMetadataSame && ReferenceEquals(media, message.Media) && ReferenceEquals(calls, message.ToolCalls);
        return isSame ? message : message with
        {
            Content = content,
            Reasoning = reasoning,
            ToolError = error,
            Name = name,
            Metadata = isMetadataSame ? message.Metadata : redacted,
            Media = media,
            ToolCalls = calls,
            Redacted = true,
        };
    }

    private IReadOnlyList<ToolCall>? RedactCalls(IReadOnlyList<ToolCall>? calls)
    {
        ToolCall[]? result = null;
        for (var i = 0; i < calls?.Count; i++)
        {
            if (!JsonRedaction.TryRedact(calls[i].Arguments, this, out var arguments))
                continue;

            result ??= [.. calls];
            result[i] = calls[i] with { Arguments = arguments };
        }

        return result ?? calls;
    }

    private string? RedactOptional(string? text) => text is null ? null : Redact(text);

    private void Leave(int entered)
    {
        for (var i = 0; i < entered; i++)
            patterns[i].Breaker.Cancelled();
    }
}
