using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>How a compaction chooses what to fold. System messages and open blocks are never chosen; blocks are chosen whole.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CompactionStrategy>))]
public enum CompactionStrategy
{
    /// <summary>All turns but the last few, when there are too many turns.</summary>
    TurnBuffer,

    /// <summary>All turns but the last few, when there are too many tokens.</summary>
    TokenBudget,

    /// <summary>The oldest first, until half of the limit is left.</summary>
    Fifo,

    /// <summary>The longest unused first, until half of the limit is left.</summary>
    Lru,

    /// <summary>The longest unused and largest first, until half of the token limit is left.</summary>
    TokenAwareLru,

    /// <summary>The oldest share, with the very first and the last turns kept word for word.</summary>
    HybridSummary,
}
