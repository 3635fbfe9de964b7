using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users.Records;

/// <summary>The user's counters, written with whatever changes them.</summary>
internal sealed record UserHead
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    /// <summary>The number of the last record that was stored; never given twice.</summary>
    public long Records { get; init; }

    /// <summary>The number of the last insight's label.</summary>
    public long Insights { get; init; }

    /// <summary>The number of the last change of records.</summary>
    public long Changes { get; init; }

    /// <summary>1 where the pages of rows and the log tell of all records; 0 where only the records themselves do, as releases before stored them.</summary>
    public int Layout { get; init; }

    /// <summary>The open page of the log: see <see cref="RowLog"/>.</summary>
    public byte[]? Log { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Documents.UserHead);

    public static UserHead Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, RecordJson.Documents.UserHead);
}
