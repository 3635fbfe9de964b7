using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Llm.Audit;

/// <summary>How a call of a model ended.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<AuditOutcome>))]
public enum AuditOutcome
{
    /// <summary>With a whole answer.</summary>
    Completed,

    /// <summary>The answer broke off; what had come was kept.</summary>
    Partial,

    /// <summary>The caller hung up.</summary>
    Cancelled,

    /// <summary>Without an answer.</summary>
    Failed,
}

/// <summary>What a call of a model was for.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<AuditKind>))]
public enum AuditKind
{
    /// <summary>A chat, for a caller.</summary>
    Chat,

    /// <summary>Vectors of texts, for a caller.</summary>
    Embeddings,

    /// <summary>A line of a batch.</summary>
    Batch,

    /// <summary>The memory's own work: summaries, extraction, vectors.</summary>
    Memory,
}
