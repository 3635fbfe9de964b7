using Granary.Core.Recall.Lexical;

namespace Granary.Core.Users.Indexing;

/// <summary>
/// What the index alone can say of a filter, before anything is ranked. It lets pass what may fit; the rest of the filter is judged by what was read.
/// </summary>
internal sealed class RecallPrefilter(LexicalIndex index, RecallRequest request)
{
    private readonly MemoryFilter _filter = request.Filter;
    private readonly HashSet<UnitKind>? _kinds = request.Filter.Kinds is { Count: > 0 } kinds ? [.. kinds.Select(UserIndex.KindOf)] : null;

    // The index keeps whole seconds.
    private readonly long _from = request.Filter.From?.ToUnixTimeSeconds() ?? long.MinValue;
    private readonly long _to = request.Filter.To is { } to ? to.ToUnixTimeSeconds() + 1 : long.MaxValue;

    /// <summary>Whether a unit may fit.</summary>
    public bool Passes(in UnitEntry unit, LexicalIndex _)
    {
        if (unit.IsMessage
            ? !request.Turns || _kinds is not null || _filter.Categories is { Count: > 0 } || (_filter.Role is { } role && unit.Role != role)
            : !request.Records || _filter.Role is not null || (_kinds is not null && !_kinds.Contains(unit.Kind)))
        {
            return false;
        }

        return unit.Time >= _from && unit.Time < _to
            && (_filter.AgentId is not { } agent || index.Agents.Name(unit.Agent) == agent)
            && (_filter.SessionId is not { } session || !unit.IsMessage || index.Source(unit.Source).Id == session);
    }
}
