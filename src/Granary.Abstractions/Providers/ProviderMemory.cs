using System.Text.Json;

namespace Granary;

/// <summary>A memory to keep with a provider.</summary>
public sealed record ProviderDraft
{
    /// <summary>The id, by <see cref="Ids"/>, or null for one that the provider gives. Not every provider takes ids.</summary>
    public string? Id { get; init; }

    /// <summary>The text, 1 to <see cref="MemoryLimits.MaxContentBytes"/> bytes of UTF-8, not only white space.</summary>
    public required string Content { get; init; }

    /// <summary>The caller's own JSON object, at most <see cref="MessageLimits.MaxMetadataBytes"/>.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>The agent, or null for the default one.</summary>
    public string? AgentId { get; init; }
}

/// <summary>What to find with a provider.</summary>
public sealed record ProviderQuery
{
    /// <summary>What to look for, in words; 1 to 8,192 characters, not only white space.</summary>
    public required string Query { get; init; }

    /// <summary>How many at the most, 1 to <see cref="MemoryLimits.MaxRecall"/>.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Only these.</summary>
    public MemoryFilter Filter { get; init; } = new();
}

/// <summary>A memory that a provider keeps.</summary>
public sealed record ProviderMemory
{
    /// <summary>The id, unique for the user with this provider.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string UserId { get; init; }

    /// <summary>The text.</summary>
    public required string Content { get; init; }

    /// <summary>The caller's own JSON object.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>The agent, or null where the provider does not know it.</summary>
    public string? AgentId { get; init; }

    /// <summary>When it was kept.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed, or null.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>How well it fits what was asked, 0 to 1, or null outside of a recall and where the provider does not say.</summary>
    public double? SimilarityScore { get; init; }

    /// <summary>The provider it comes from.</summary>
    public required string Provider { get; init; }

    /// <summary>Whether the call that answers this found it kept already.</summary>
    public bool Duplicate { get; init; }
}

/// <summary>A page of a user's memories.</summary>
/// <param name="Memories">The memories.</param>
/// <param name="Total">How many there are in all, or null where the provider does not say.</param>
public sealed record ProviderPage(IReadOnlyList<ProviderMemory> Memories, int? Total)
{
    /// <summary>
    /// How many memories of the list the page goes over, 0 or more: those that it holds, and those that are left out because they are being deleted. The
    /// next page begins that far behind this one's offset.
    /// </summary>
    public int Covered { get; init; } = Memories.Count;
}

/// <summary>How a provider is.</summary>
public sealed record ProviderHealth
{
    /// <summary>Whether it can keep and recall now.</summary>
    public required bool Healthy { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Milliseconds that the check took.</summary>
    public required double ResponseTimeMs { get; init; }

    /// <summary>Whether its database answers; null where it has none of its own.</summary>
    public bool? DatabaseConnection { get; init; }

    /// <summary>Whether it compares vectors; null where it does not say.</summary>
    public bool? VectorsAvailable { get; init; }

    /// <summary>How many memories it keeps of the user that was named, or null.</summary>
    public int? TotalMemories { get; init; }

    /// <summary>What is wrong, in words without secrets, or null.</summary>
    public string? Error { get; init; }
}
