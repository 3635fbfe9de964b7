using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>What a memory record may do without.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MemoryField>))]
public enum MemoryField
{
    /// <summary><see cref="MemoryRecord.Metadata"/>.</summary>
    Metadata,

    /// <summary><see cref="MemoryRecord.Category"/>.</summary>
    Category,

    /// <summary><see cref="MemoryRecord.EventTime"/>.</summary>
    EventTime,

    /// <summary><see cref="MemoryRecord.ValidFrom"/>.</summary>
    ValidFrom,

    /// <summary><see cref="MemoryRecord.ValidTo"/>.</summary>
    ValidTo,

    /// <summary><see cref="MemoryRecord.ExpiresAt"/>: it lives on.</summary>
    ExpiresAt,
}
