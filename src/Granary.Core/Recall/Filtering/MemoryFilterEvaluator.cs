namespace Granary.Core.Recall.Filtering;

/// <summary>
/// A <see cref="MemoryFilter"/>, checked once and then asked of many records and messages. The only place that says what a filter means.
/// Immutable; may be used by any number of threads.
/// </summary>
internal sealed class MemoryFilterEvaluator
{
    private readonly MemoryFilter _filter;
    private readonly bool[]? _kinds;
    private readonly HashSet<string>? _categories;
    private readonly MetadataCondition? _metadata;
    private readonly long _from;
    private readonly long _to;

    private MemoryFilterEvaluator(MemoryFilter filter, bool[]? kinds, HashSet<string>? categories, MetadataCondition? metadata)
    {
        _filter = filter;
        _kinds = kinds;
        _categories = categories;
        _metadata = metadata;
        _from = filter.From?.UtcTicks ?? long.MinValue;
        _to = filter.To?.UtcTicks ?? long.MaxValue;
        AdmitsTurns = kinds is null && categories is null;
        AdmitsRecords = filter.Role is null;
    }

    /// <summary>Whether any message can pass.</summary>
    public bool AdmitsTurns { get; }

    /// <summary>Whether any record can pass.</summary>
    public bool AdmitsRecords { get; }

    /// <summary>Whether metadata decide: <see cref="AdmitsMetadata"/> must be asked too.</summary>
    public bool NeedsMetadata => _metadata is not null;

    /// <summary>The session that must be the source, or null for any.</summary>
    public string? SessionId => _filter.SessionId;

    /// <summary>Checks a filter and makes it ready.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="field">Its name in errors.</param>
    /// <exception cref="InvalidRequestException">The filter breaks a rule; nothing that is not understood is ever ignored.</exception>
    public static MemoryFilterEvaluator Compile(MemoryFilter filter, string field = "filter")
    {
        if (filter is null)
        {
            throw new InvalidRequestException(field, "must not be null; leave it out where there is none");
        }

        if (filter.AgentId is { } agent)
        {
            Ids.Require(agent, $"{field}.agent_id");
        }

        if (filter.SessionId is { } session)
        {
            Ids.Require(session, $"{field}.session_id");
        }

        if (filter.Role is { } role && !Enum.IsDefined(role))
        {
            throw new InvalidRequestException($"{field}.role", "must be system, user, assistant or tool");
        }

        if (filter.To < filter.From)
        {
            throw new InvalidRequestException($"{field}.to", "must not be before from");
        }

        bool[]? kinds = null;
        if (filter.Kinds is { Count: > 0 })
        {
            kinds = new bool[Enum.GetValues<MemoryKind>().Length];
            foreach (var kind in filter.Kinds)
            {
                if (!Enum.IsDefined(kind))
                {
                    throw new InvalidRequestException($"{field}.kinds", "must be of fact, insight, summary, interaction, profile");
                }

                kinds[(int)kind] = true;
            }
        }

        HashSet<string>? categories = null;
        if (filter.Categories is { Count: > 0 })
        {
            categories = new HashSet<string>(StringComparer.Ordinal);
            foreach (var category in filter.Categories)
            {
                categories.Add(category ?? throw new InvalidRequestException($"{field}.categories", "must not hold null"));
            }
        }

        var metadata = filter.Metadata is { } condition ? MetadataCondition.Compile(condition, $"{field}.metadata") : null;
        return new MemoryFilterEvaluator(filter, kinds, categories, metadata);
    }

    /// <summary>Whether a record passes, but for its metadata.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="agent">Its agent.</param>
    /// <param name="category">Its category.</param>
    /// <param name="happened">When what it says happened, or else was stored, in UTC ticks.</param>
    /// <param name="fromSession">Whether it comes from <see cref="SessionId"/>; not looked at where that is null.</param>
    public bool AdmitsRecord(MemoryKind kind, string agent, string? category, long happened, bool fromSession) =>
        AdmitsRecords
        && (_kinds is null || _kinds[(int)kind])
        && (_categories is null || (category is not null && _categories.Contains(category)))
        && (_filter.SessionId is null || fromSession)
        && AdmitsAgentAndTime(agent, happened);

    /// <summary>Whether a message passes, but for its metadata.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="agent">The session's agent.</param>
    /// <param name="role">Its role.</param>
    /// <param name="said">When it was said, in UTC ticks.</param>
    public bool AdmitsTurn(string session, string agent, MessageRole role, long said) =>
        AdmitsTurns
        && (_filter.Role is null || _filter.Role == role)
        && (_filter.SessionId is null || string.Equals(_filter.SessionId, session, StringComparison.Ordinal))
        && AdmitsAgentAndTime(agent, said);

    /// <summary>Whether metadata pass.</summary>
    /// <param name="metadata">The metadata, or null where there are none.</param>
    public bool AdmitsMetadata(System.Text.Json.JsonElement? metadata) => _metadata is null || _metadata.Holds(metadata ?? default);

    private bool AdmitsAgentAndTime(string agent, long time) =>
        (_filter.AgentId is null || string.Equals(_filter.AgentId, agent, StringComparison.Ordinal)) && time >= _from && time < _to;
}
