using System.Runtime.InteropServices;
using Granary.Core.Compaction;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

/// <summary>
/// The durable view of a session in its present epoch: the snapshot, the messages that were kept, the raw tail. Append-only within an epoch.
/// </summary>
internal sealed class ActiveTranscript
{
    private readonly List<TranscriptEntry> _entries = [];
    private long _accessCounter;
    private int _systemMessages;
    private int _systemTokens;
    private int _recentTokens;
    private int _turns;
    private int _lastTurn = -1;

    public int Epoch { get; private set; } = 1;

    public DateTimeOffset EpochStart { get; private set; }

    /// <summary>What made the epoch; null for the first.</summary>
    public string? Cause { get; private set; }

    public Snapshot Snapshot { get; private set; } = Snapshot.Empty;

    public int SnapshotTokens { get; private set; }

    /// <summary>The first sequence of the raw tail.</summary>
    public long TailStart { get; private set; } = 1;

    /// <summary>Kept messages and raw tail, in order.</summary>
    public List<TranscriptEntry> Entries => _entries;

    public TranscriptSize Size => new(_turns, _entries.Count - _systemMessages, _systemTokens, SnapshotTokens, _recentTokens);

    public int Tokens => _systemTokens + SnapshotTokens + _recentTokens;

    public TokenUsage Usage(int maxTokens) => new(Tokens, _systemTokens, SnapshotTokens, _recentTokens, maxTokens);

    public void Begin(DateTimeOffset start) => EpochStart = start;

    public void Append(TranscriptEntry entry)
    {
        _entries.Add(entry);
        Count(entry);
    }

    /// <summary>Begins the next epoch.</summary>
    /// <param name="epoch">Its number.</param>
    /// <param name="start">When it began.</param>
    /// <param name="cause">What made it.</param>
    /// <param name="snapshot">What is folded.</param>
    /// <param name="snapshotTokens">Tokens of the snapshot.</param>
    /// <param name="tailStart">The first sequence of the raw tail.</param>
    /// <param name="stays">Whether a message before the tail stays in the view.</param>
    public void Reset(
        int epoch, DateTimeOffset start, string cause, Snapshot snapshot, int snapshotTokens, long tailStart, Predicate<long> stays)
    {
        Epoch = epoch;
        EpochStart = start;
        Cause = cause;
        Snapshot = snapshot;
        SnapshotTokens = snapshotTokens;
        TailStart = tailStart;
        _entries.RemoveAll(entry => entry.Message.Sequence < tailStart && !stays(entry.Message.Sequence));
        Recount();
    }

    /// <summary>The first message of the last turn's answer: of what follows the last user message; null if there is none, or a part of the turn is folded.</summary>
    public long? AnswerStart()
    {
        long? start = null;
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            var message = _entries[i].Message;
            if (message.Role == MessageRole.User)
            {
                // The message before the tail is a folded one: a question before it has lost something of its turn.
                return message.Sequence >= TailStart ? start : null;
            }

            start = message.Role == MessageRole.System ? start : message.Sequence;
        }

        return null;
    }

    /// <summary>How many messages leave the view if those from a sequence on are superseded.</summary>
    public int CountSuperseded(long from) => _entries.Count(entry => SupersededRanges.Covers(from, long.MaxValue, entry.Message));

    /// <summary>Takes the messages of a range out of the view, system messages apart.</summary>
    /// <param name="from">The first sequence.</param>
    /// <param name="before">The sequence after the last.</param>
    public void Supersede(long from, long before)
    {
        if (_entries.RemoveAll(entry => SupersededRanges.Covers(from, before, entry.Message)) > 0)
        {
            Recount();
        }
    }

    private void Recount()
    {
        _systemMessages = _systemTokens = _recentTokens = _turns = 0;
        _lastTurn = -1;
        foreach (var entry in _entries)
        {
            Count(entry);
        }
    }

    /// <summary>Notes that messages were read on their own: the longest unused are folded first by the LRU strategies.</summary>
    public void Touch(long first, long last)
    {
        var access = ++_accessCounter;
        foreach (ref var entry in CollectionsMarshal.AsSpan(_entries)[IndexOf(first)..])
        {
            if (entry.Message.Sequence > last)
            {
                return;
            }

            entry = entry with { LastAccess = access };
        }
    }

    /// <summary>The place of the first entry that is not before a sequence; entries are in the order of their sequences.</summary>
    private int IndexOf(long sequence)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _entries[middle].Message.Sequence < sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The tool calls that have no result yet, or null if there are none.</summary>
    /// <param name="before">The sequence up to which messages count.</param>
    public HashSet<string>? OpenCalls(long before = long.MaxValue)
    {
        HashSet<string>? open = null;
        foreach (var entry in _entries)
        {
            if (entry.Message.Sequence >= before)
            {
                break;
            }

            foreach (var call in entry.Message.ToolCalls ?? [])
            {
                (open ??= new HashSet<string>(StringComparer.Ordinal)).Add(call.Id);
            }

            if (entry.Message is { Role: MessageRole.Tool, ToolCallId: { } answered })
            {
                open?.Remove(answered);
            }
        }

        return open is { Count: > 0 } ? open : null;
    }

    private void Count(in TranscriptEntry entry)
    {
        if (entry.Message.Role == MessageRole.System)
        {
            _systemMessages++;
            _systemTokens += entry.Tokens;
            return;
        }

        _recentTokens += entry.Tokens;
        if (entry.Message.Turn != _lastTurn)
        {
            _lastTurn = entry.Message.Turn;
            _turns++;
        }
    }
}
