using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users.Records;

/// <summary>
/// A memory record as it is stored, with the open run of its history. The state that it holds is the last one that the history tells; the state of
/// the moment also depends on the time, see <see cref="At"/>.
/// </summary>
internal sealed record RecordDocument
{
    /// <summary>Changes of a run, so that a record that changes often without a new text does not grow for ever.</summary>
    public const int MaxRun = 32;

    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    /// <summary>The user's how many-th record it is: breaks ties of time.</summary>
    public required long Number { get; init; }

    /// <summary>What two records must share to say the same: see <see cref="ContentKey"/>.</summary>
    public required UInt128 Key { get; init; }

    /// <summary>The number of the open run, from 1: those before are documents of their own.</summary>
    public int Run { get; init; } = 1;

    /// <summary>The open run.</summary>
    public required IReadOnlyList<RunChange> Changes { get; init; }

    public required MemoryRecord Record { get; init; }

    /// <summary>Whether sessions dropped out of its list of sources: only its history tells of them. There is a <see cref="RecordDocumentIds.Crowded"/> then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Crowded { get; init; }

    [JsonIgnore]
    public string Id => Record.Id;

    /// <summary>A record's first document.</summary>
    public static RecordDocument New(long number, MemoryRecord record, UInt128 key, DateTimeOffset now, string? reason) => new()
    {
        Number = number,
        Key = key,
        Changes = [new RunChange(1, MemoryEvent.Add, now, reason, record.Sources is [.., var source] ? source.SessionId : null)],
        Record = record,
    };

    /// <summary>The record after a change.</summary>
    /// <param name="record">What it is then, but for its revision and time of change.</param>
    /// <param name="key">Its key then.</param>
    /// <param name="what">What happened.</param>
    /// <param name="now">When.</param>
    /// <param name="reason">Why.</param>
    /// <param name="session">The session that it came from.</param>
    /// <param name="closed">The run that ended with it, which becomes document <see cref="RecordDocumentIds.Run"/> of this document's <see cref="Run"/>.</param>
    public RecordDocument Changed(MemoryRecord record, UInt128 key, MemoryEvent what, DateTimeOffset now, string? reason, string? session, out HistoryDocument? closed)
    {
        var revision = Record.Revision + 1;
        var change = new RunChange(revision, what, now, reason, session);
        var sameText = string.Equals(record.Content, Record.Content, StringComparison.Ordinal);
        var goesOn = sameText && Changes.Count < MaxRun;
        closed = goesOn ? null : new HistoryDocument { Content = sameText ? null : Record.Content, Changes = Changes };
        return this with
        {
            Key = key,
            Run = goesOn ? Run : Run + 1,
            Changes = goesOn ? [.. Changes, change] : [change],
            Record = record with { Revision = revision, UpdatedAt = now, Processed = record.Processed && sameText },
        };
    }

    /// <summary>The record as callers see it at a time.</summary>
    public MemoryRecord At(DateTimeOffset now) => Record with { State = StateAt(now) };

    public MemoryState StateAt(DateTimeOffset now) => MemoryStates.At(Record.State, Record.ExpiresAt?.UtcTicks ?? 0, now);

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Documents.RecordDocument);

    public static RecordDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, RecordJson.Documents.RecordDocument);
}
