using System.Diagnostics;

namespace Granary.Providers.Native;

/// <summary>
/// Granary's own memory as a provider: what is kept is a memory record of kind fact; what is recalled are records and the messages of the user's
/// sessions, as <see cref="IUserMemory.RecallAsync"/> finds them. A delete leaves nothing of the record, nor of its history.
/// </summary>
/// <remarks>
/// Messages are recalled, but belong to their sessions: they are not listed, read, deleted or erased here. Nor are records that a policy archived or whose
/// time is over, until they are restored; an erasure takes them too.
/// </remarks>
/// <param name="cluster">The memory.</param>
/// <param name="time">The clock.</param>
/// <param name="name">The provider's name.</param>
public sealed class NativeMemoryProvider(IMemoryCluster cluster, TimeProvider time, string name = NativeMemoryProvider.TypeName) : IMemoryProvider
{
    /// <summary>The provider's type.</summary>
    public const string TypeName = "native";

    private static readonly MemoryState[] AnyState = Enum.GetValues<MemoryState>();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Type => TypeName;

    /// <inheritdoc/>
    public async Task<ProviderMemory> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, draft);
        cancellationToken.ThrowIfCancellationRequested();
        var native = new MemoryDraft { Id = draft.Id, Content = draft.Content, Metadata = draft.Metadata, AgentId = draft.AgentId };
        var kept = await cluster.User(user).RememberAsync(new RememberRequest([native]), cancellationToken).ConfigureAwait(false);
        var outcome = kept.Outcomes[0];
        return Of(outcome.Record, user) with { Duplicate = outcome.Event != MemoryEvent.Add };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProviderMemory>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, query);
        cancellationToken.ThrowIfCancellationRequested();
        var request = new RecallRequest { Query = query.Query, Limit = query.Limit, Filter = query.Filter };
        var found = await cluster.User(user).RecallAsync(request, cancellationToken).ConfigureAwait(false);
        return [.. found.Hits.Select(hit => Of(hit, user))];
    }

    /// <inheritdoc/>
    public async Task<ProviderMemory> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        cancellationToken.ThrowIfCancellationRequested();
        var record = await cluster.User(user).GetMemoryAsync(id, cancellationToken).ConfigureAwait(false);
        return record.State is MemoryState.Active or MemoryState.Expiring ? Of(record, user) : throw new NotFoundException($"There is no memory '{id}'.");
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        cancellationToken.ThrowIfCancellationRequested();
        return await PurgeAsync(cluster.User(user), id, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ProviderPage> ListAsync(UserKey user, int limit = 100, int offset = 0, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, limit, offset);
        cancellationToken.ThrowIfCancellationRequested();
        var page = await cluster.User(user).ListMemoriesAsync(new MemoryQuery { Limit = limit, Offset = offset }, cancellationToken).ConfigureAwait(false);
        return new ProviderPage([.. page.Memories.Select(record => Of(record, user))], page.Total);
    }

    /// <inheritdoc/>
    public async Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var memory = cluster.User(user.Validated());
        var erased = 0;
        while (true)
        {
            var query = new MemoryQuery { States = AnyState, Limit = MemoryLimits.MaxPage };
            var page = await memory.ListMemoriesAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var record in page.Memories)
            {
                erased += await PurgeAsync(memory, record.Id, cancellationToken).ConfigureAwait(false) ? 1 : 0;
            }

            if (page.Next is null)
            {
                return erased;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ProviderHealth> CheckHealthAsync(UserKey? user = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var began = time.GetTimestamp();
        string? error;
        int? total = null;
        try
        {
            error = (await cluster.GetHealthAsync(cancellationToken).ConfigureAwait(false)).Error;
            if (error is null && user is { } key)
            {
                total = (await cluster.User(key).ListMemoriesAsync(new MemoryQuery { Limit = 1 }, cancellationToken).ConfigureAwait(false)).Total;
            }
        }
        catch (MemoryException failure)
        {
            error = failure.Message;
        }

        return new ProviderHealth
        {
            Healthy = error is null,
            Provider = Name,
            ResponseTimeMs = time.GetElapsedTime(began).TotalMilliseconds,
            DatabaseConnection = error is null,
            TotalMemories = total,
            Error = error,
        };
    }

    private static async Task<bool> PurgeAsync(IUserMemory memory, string id, CancellationToken cancellationToken)
    {
        try
        {
            await memory.DeleteMemoryAsync(id, purge: true, cancellationToken: cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    }

    private ProviderMemory Of(MemoryRecord record, UserKey user) => new()
    {
        Id = record.Id,
        UserId = user.User,
        Content = record.Content,
        Metadata = record.Metadata,
        AgentId = record.AgentId,
        CreatedAt = record.CreatedAt,
        UpdatedAt = record.Revision > 1 ? record.UpdatedAt : null,
        Provider = Name,
    };

    private ProviderMemory Of(RecallHit hit, UserKey user) => hit.Record is { } record
        ? Of(record, user) with { SimilarityScore = hit.Score }
        : new ProviderMemory
        {
            Id = hit.Id,
            UserId = user.User,
            Content = hit.Content,
            Metadata = hit.Message?.Metadata,
            AgentId = hit.AgentId,
            CreatedAt = hit.Timestamp,
            SimilarityScore = hit.Score,
            Provider = Name,
        };
}
