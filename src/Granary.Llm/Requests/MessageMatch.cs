namespace Granary.Llm.Requests;

/// <summary>Whether a message that a client sends is one that is stored. Clients reword white space and make ids of their own.</summary>
internal static class MessageMatch
{
    /// <summary>What stands where something was redacted, by default.</summary>
    public const string Redaction = "[REDACTED]";

    /// <summary>Whether both say the same: role, words, media, and the tools that are called.</summary>
    /// <param name="stored">The stored message.</param>
    /// <param name="sent">The client's.</param>
    /// <param name="redaction">The text that stands for any words in a message that was redacted; null where only the same words will do.</param>
    public static bool Same(Message stored, ModelMessage sent, string? redaction = Redaction)
    {
        if (stored.Role != sent.Role || !SameCalls(stored.ToolCalls, sent.ToolCalls))
        {
            return false;
        }

        if (stored.ToolCalls is { Count: > 0 } && (stored.Content.Length == 0 || sent.Content.Length == 0))
        {
            // Some clients drop what is said beside a call.
            return true;
        }

        return stored.Redacted && redaction is { Length: > 0 }
            ? Covers(stored.Content, redaction, sent.Content)
            : SameText(stored.Content, sent.Content) && SameMedia(stored.Media, sent.Media);
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

    /// <summary>Whether a text holds the pieces between the redactions, in order.</summary>
    private static bool Covers(string redacted, string redaction, string text)
    {
        var pieces = redacted.Split(redaction);
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
