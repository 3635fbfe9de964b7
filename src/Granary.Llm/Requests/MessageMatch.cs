using Granary.Core.Privacy;

namespace Granary.Llm.Requests;

/// <summary>
/// Whether a message that a client sends is one that is stored. Clients reword white space and make ids of their own; sessions redact, and cut what is
/// too large.
/// </summary>
/// <param name="privacy">What the session redacts, or null for nothing.</param>
/// <param name="redactor">The same, to be applied.</param>
internal sealed class MessageMatch(PrivacyPolicy? privacy, Redactor? redactor)
{
    private static readonly string DefaultRedaction = new PrivacyPolicy().RedactionString;

    private readonly string _redaction = privacy?.RedactionString ?? DefaultRedaction;
    private readonly Dictionary<ModelMessage, Message> _asStored = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether both say the same: role, words, media, and the tools that are called. Words that were redacted may have been any.</summary>
    public bool Same(Message stored, ModelMessage sent)
    {
        if (!SameKind(stored, sent))
        {
            return false;
        }

        if (stored.ToolCalls is { Count: > 0 } && (stored.Content.Length == 0 || sent.Content.Length == 0))
        {
            // Some clients drop what is said beside a call.
            return true;
        }

        return SameWords(stored, sent)
            || (AsStored(sent) is { } form && SameWords(stored, form))
            || (stored.Redacted && Covers(stored.Content, sent.Content));
    }

    /// <summary>Whether what is asked is what was asked before: what was redacted must have the same place, and leave words that tell.</summary>
    /// <param name="stored">The stored message.</param>
    /// <param name="sent">The client's.</param>
    /// <param name="placed">Whether what comes before it is known to be the same: then nothing needs to be left.</param>
    public bool SameQuestion(Message stored, ModelMessage sent, bool placed)
    {
        if (!SameKind(stored, sent))
        {
            return false;
        }

        if (SameWords(stored, sent))
        {
            return true;
        }

        return AsStored(sent) is { } form && SameWords(stored, form)
            && (placed || !form.Redacted || !string.IsNullOrWhiteSpace(form.Content.Replace(_redaction, "", StringComparison.Ordinal)));
    }

    /// <summary>Whether two texts differ at most in white space.</summary>
    public static bool SameText(string one, string other)
    {
        int i = 0, j = 0;
        while (true)
        {
            var gapOne = Skip(one, ref i);
            var gapOther = Skip(other, ref j);
            if (i == one.Length || j == other.Length)
            {
                return i == one.Length && j == other.Length;
            }

            if (one[i] != other[j] || (gapOne != gapOther && i > 0 && j > 0 && HasText(one, i) && HasText(other, j)))
            {
                return false;
            }

            i++;
            j++;
        }
    }

    private static bool Skip(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at > start;
    }

    /// <summary>Whether anything but white space comes before a place: white space at the beginning divides no words.</summary>
    private static bool HasText(string text, int before) => !text.AsSpan(0, before).IsWhiteSpace();

    private static bool SameKind(Message stored, ModelMessage sent) => stored.Role == sent.Role && SameCalls(stored.ToolCalls, sent.ToolCalls);

    private static bool SameWords(Message stored, ModelMessage sent) => SameText(stored.Content, sent.Content) && SameMedia(stored.Media, sent.Media);

    private static bool SameWords(Message stored, Message form) => SameText(stored.Content, form.Content) && SameMedia(stored.Media, form.Media);

    private static bool SameCalls(IReadOnlyList<ToolCall>? stored, IReadOnlyList<ToolCall>? sent)
    {
        var count = stored?.Count ?? 0;
        if (count != (sent?.Count ?? 0))
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (stored![i].Name != sent![i].Name)
            {
                return false;
            }
        }

        return true;
    }

    private static bool SameMedia(IReadOnlyList<MediaReference>? stored, IReadOnlyList<MediaReference>? sent)
    {
        var count = stored?.Count ?? 0;
        if (count != (sent?.Count ?? 0))
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (stored![i].Type != sent![i].Type || stored[i].Url != sent[i].Url)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The message as the session would have stored it; null if that is no other than it is.</summary>
    private Message? AsStored(ModelMessage sent)
    {
        if (redactor is null && !StorableMessage.IsChanged(sent))
        {
            return null;
        }

        if (!_asStored.TryGetValue(sent, out var form))
        {
            form = StorableMessage.ToMessage(StorableMessage.Of(sent) ?? sent);
            form = redactor?.Redact([form])[0] ?? form;
            _asStored[sent] = form;
        }

        return form;
    }

    /// <summary>Whether a text holds the pieces between the redactions, in order.</summary>
    private bool Covers(string redacted, string text)
    {
        var pieces = redacted.Split(redacted.Contains(_redaction, StringComparison.Ordinal) ? _redaction : DefaultRedaction);
        if (!text.StartsWith(pieces[0], StringComparison.Ordinal))
        {
            return false;
        }

        var at = pieces[0].Length;
        foreach (var piece in pieces.AsSpan(1))
        {
            var found = text.IndexOf(piece, at, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }

            at = found + piece.Length;
        }

        return true;
    }
}
