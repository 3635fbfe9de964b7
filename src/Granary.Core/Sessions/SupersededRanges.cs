using Granary.Core.Sessions.Documents;

namespace Granary.Core.Sessions;

/// <summary>Which messages of a stretch of the log left the view because a later append took their place.</summary>
internal sealed class SupersededRanges
{
    private List<(long From, long Before)>? _ranges;

    /// <summary>Whether a message lies in a superseded range. System messages are no part of an answer and never superseded.</summary>
    public static bool Covers(long from, long before, Message message) =>
        message.Sequence >= from && message.Sequence < before && message.Role != MessageRole.System;

    /// <summary>Takes note of what an append supersedes.</summary>
    public void Add(AppendDocument append)
    {
        if (append.Supersedes is { } from)
        {
            Add(from, append.First);
        }
    }

    /// <summary>Takes note of a range.</summary>
    public void Add(long from, long before) => (_ranges ??= []).Add((from, before));

    /// <summary>Whether an append that was added supersedes the message.</summary>
    public bool Hold(Message message)
    {
        foreach (var (from, before) in _ranges ?? [])
        {
            if (Covers(from, before, message))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The message, marked if it is superseded.</summary>
    public Message Mark(Message message) => Hold(message) ? message with { Superseded = true } : message;
}
