using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users.Records;

/// <summary>A change of a record within a run.</summary>
internal sealed record RunChange(int Revision, MemoryEvent Event, DateTimeOffset At, string? Reason, string? SessionId)
{
    /// <summary>Whether it came from a session that was erased since: then it says neither which nor why.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Erased { get; init; }
}

/// <summary>
/// A closed run of a record's history: what happened while it said one text. The run that is open stands in the record's own document, so each
/// text is stored once, and a change that keeps the text writes one document.
/// </summary>
internal sealed record HistoryDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    /// <summary>The text; null where the next run has the same.</summary>
    public string? Content { get; init; }

    public required IReadOnlyList<RunChange> Changes { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Documents.HistoryDocument);

    public static HistoryDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, RecordJson.Documents.HistoryDocument);
}
