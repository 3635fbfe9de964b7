using Granary.Wire;

namespace Granary.Http.Endpoints.Memories;

/// <summary>Memories to keep, as requests bring them, in the memory's own form.</summary>
internal static class MemoryDrafts
{
    /// <summary>The draft of a memory. What the memory checks itself is left to it.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="now">The time that a lifetime counts from.</param>
    /// <param name="prefix">Where it is in the request, to begin the names of fields with.</param>
    public static MemoryDraft Of(RememberMemoryRequest memory, DateTimeOffset now, string prefix = "")
    {
        var draft = new MemoryDraft
        {
            Content = memory.Content ?? throw new InvalidRequestException(prefix + "content", "is required"),
            Id = memory.Id is null ? null : Ids.Require(memory.Id, prefix + "id"),
            Kind = memory.Kind ?? MemoryKind.Fact,
            AgentId = memory.AgentId is null ? null : Ids.Require(memory.AgentId, prefix + "agent_id"),
            Metadata = memory.Metadata,
            Category = memory.Category,
            Pinned = memory.Pinned ?? false,
            EventTime = memory.EventTime,
            ValidFrom = memory.ValidFrom,
            ValidTo = memory.ValidTo,
            ExpiresAt = Expiry(memory.TtlHours, memory.ExpiresAt, now, prefix),
            CreatedAt = memory.CreatedAt,
            Sources = SourcesOf(memory.Sources, prefix),
        };
        return draft with { Confidence = memory.Confidence ?? draft.Confidence, Importance = memory.Importance ?? draft.Importance };
    }

    /// <summary>When a memory's time is over, by either of the two fields that may say so.</summary>
    public static DateTimeOffset? Expiry(int? hours, DateTimeOffset? at, DateTimeOffset now, string prefix = "") => (hours, at) switch
    {
        ({ }, { }) => throw new InvalidRequestException(prefix + "expires_at", "is another form of ttl_hours: give one of them"),
        ({ } ttl, null) => ttl is >= 1 and <= MemoryLimits.MaxTtlHours
            ? now.AddHours(ttl)
            : throw new InvalidRequestException(prefix + "ttl_hours", $"must be a whole number from 1 to {MemoryLimits.MaxTtlHours}"),
        _ => at,
    };

    private static IReadOnlyList<MemorySource> SourcesOf(IReadOnlyList<MemorySource>? sources, string prefix)
    {
        // The serializer checks properties, but not what lists hold.
        for (var index = 0; index < sources?.Count; index++)
        {
            var path = $"{prefix}sources[{index}]";
            if (sources[index] is not { } source)
            {
                throw new InvalidRequestException(path, "must be an object");
            }

            Ids.Require(source.SessionId, path + ".session_id");
        }

        return sources ?? [];
    }
}
