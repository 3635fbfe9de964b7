using Granary.Core.Recall.Filtering;
using Granary.Core.Recall.Lexical;

namespace Granary.Core.Users.Indexing;

/// <summary>
/// What the index alone can say of a request, before anything is ranked. It lets pass all that may fit; what was read of a hit decides the rest.
/// </summary>
internal sealed class RecallPrefilter(LexicalIndex index, MemoryFilterEvaluator filter, RecallRequest request)
{
    private readonly MemoryFilter _filter = request.Filter;
    private readonly bool _turns = request.Turns && filter.AdmitsTurns;
    private readonly bool _records = request.Records && filter.AdmitsRecords;
    private readonly HashSet<UnitKind>? _kinds = request.Filter.Kinds is { Count: > 0 } kinds ? [.. kinds.Select(UserIndex.KindOf)] : null;

    /// <summary>Whether records that only repeat messages are left out: the messages themselves are looked through, and nobody asked for the record by what it is.</summary>
    private bool LeavesRepeatsOut => _turns && _kinds is null && _filter.Metadata is null;

    // The index keeps whole seconds.
    private readonly long _from = request.Filter.From?.ToUnixTimeSeconds() ?? long.MinValue;
    private readonly long _to = request.Filter.To is { } to ? to.ToUnixTimeSeconds() + 1 : long.MaxValue;

    /// <summary>Whether messages may fit at all.</summary>
    public bool AdmitsTurns => _turns;

    /// <summary>Whether what was read of a hit can still be refused, other than by its time.</summary>
    public bool IsPartial => filter.NeedsMetadata || (_records && (_filter.SessionId is not null || _filter.Categories is { Count: > 0 }));

    /// <summary>Whether a unit may fit.</summary>
    public bool Passes(in UnitEntry unit, LexicalIndex _) =>
        (unit.IsMessage
            ? _turns && (_filter.Role is not { } role || unit.Role == role) && (_filter.SessionId is not { } session || index.Source(unit.Source).Id == session)
            : _records && (_kinds is null ? !LeavesRepeatsOut || (unit.Traits & UnitTraits.Repeats) == 0 : _kinds.Contains(unit.Kind)))
        && unit.Time >= _from && unit.Time < _to
        && (_filter.AgentId is not { } agent || index.Agents[unit.Agent].Text == agent);
}
