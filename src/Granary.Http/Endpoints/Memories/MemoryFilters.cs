using Granary.Wire;

namespace Granary.Http.Endpoints.Memories;

/// <summary>Filters, as requests bring them, in the memory's own form.</summary>
internal static class MemoryFilters
{
    /// <summary>The name of the filters in requests.</summary>
    public const string Field = "filters";

    /// <summary>The filter; one that lets everything through where there is none.</summary>
    public static MemoryFilter Of(RecallFilters? filters)
    {
        if (filters is null)
        {
            return new MemoryFilter();
        }

        if (filters is { Kind: not null, Kinds: not null })
        {
            throw new InvalidRequestException($"{Field}.kinds", "is another form of kind: give one of them");
        }

        if (filters is { Category: not null, Categories: not null })
        {
            throw new InvalidRequestException($"{Field}.categories", "is another form of category: give one of them");
        }

        // Nothing is not everything.
        if (filters.Kinds is { Count: 0 })
        {
            throw new InvalidRequestException($"{Field}.kinds", "must not be empty; leave it out where any will do");
        }

        if (filters.Categories is { Count: 0 })
        {
            throw new InvalidRequestException($"{Field}.categories", "must not be empty; leave it out where any will do");
        }

        if (filters.Categories?.Any(category => category is null) == true)
        {
            throw new InvalidRequestException($"{Field}.categories", "must hold strings only");
        }

        return new MemoryFilter
        {
            AgentId = filters.AgentId is null ? null : Ids.Require(filters.AgentId, $"{Field}.agent_id"),
            Kinds = filters.Kind is { } kind ? [kind] : filters.Kinds,
            Categories = filters.Category is { } category ? [category] : filters.Categories,
            SessionId = filters.SessionId is null ? null : Ids.Require(filters.SessionId, $"{Field}.session_id"),
            Role = filters.Role,
            From = filters.From,
            To = filters.To,
            Metadata = filters.Metadata,
        };
    }
}
