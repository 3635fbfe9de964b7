using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Core.Sessions.Documents;

/// <summary>A compaction epoch after the first: what was folded and what the view begins with. Immutable.</summary>
internal sealed record EpochDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required Snapshot Snapshot { get; init; }

    /// <summary>The first sequence of the raw tail: everything from here on is in the view.</summary>
    public required long TailStart { get; init; }

    /// <summary>Messages before the tail that stay in the view, by the append they came in.</summary>
    public required IReadOnlyList<KeptMessages> Kept { get; init; }

    /// <summary>The last sequence when the epoch was made: the end of the epoch before it.</summary>
    public required long AtSequence { get; init; }

    public required DateTimeOffset StartTime { get; init; }

    /// <summary>The strategy that made it, or <c>clear</c>.</summary>
    public required string Cause { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, SessionJson.Documents.EpochDocument);

    public static EpochDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, SessionJson.Documents.EpochDocument);
}

/// <summary>Messages of one append that stay in the view.</summary>
/// <param name="Document">The number of the append's document.</param>
/// <param name="Sequences">The messages.</param>
internal sealed record KeptMessages(long Document, IReadOnlyList<long> Sequences);
