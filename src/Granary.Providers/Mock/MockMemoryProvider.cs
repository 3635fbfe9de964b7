using System.Globalization;

namespace Granary.Providers.Mock;

/// <summary>
/// Memories in the memory of this process, for tests and trials: gone when it ends. Ids are given in sequence; recall finds texts that hold what is
/// asked for, whatever its case, in the order in which they were kept.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="name">The provider's name.</param>
public sealed class MockMemoryProvider(TimeProvider time, string name = MockMemoryProvider.TypeName) : IMemoryProvider
{
    /// <summary>The provider's type.</summary>
    public const string TypeName = "mock";

    private readonly Lock _gate = new();
    private readonly Dictionary<UserKey, List<ProviderMemory>> _users = [];
    private long _lastId;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Type => TypeName;

    /// <inheritdoc/>
    public Task<ProviderMemory> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken = default) => Run(cancellationToken, () =>
    {
        ProviderRules.Check(user, draft);
        var agent = draft.AgentId ?? Ids.DefaultAgent;
        lock (_gate)
        {
            var memories = MemoriesOf(user);
            if (draft.Id is not null && memories.Find(memory => memory.Id == draft.Id) is { } taken)
            {
                return taken.Content == draft.Content && taken.AgentId == agent
                    ? taken with { Duplicate = true }
                    : throw new ConflictException(ErrorCodes.AlreadyExists, $"'{draft.Id}' is the id of another memory.");
            }

            if (memories.Find(memory => memory.Content == draft.Content && memory.AgentId == agent) is { } known)
            {
                return known with { Duplicate = true };
            }

            var kept = new ProviderMemory
            {
                Id = draft.Id ?? NextId(memories),
                UserId = user.User,
                Content = draft.Content,
                Metadata = draft.Metadata?.Clone(),
                AgentId = agent,
                CreatedAt = time.GetUtcNow(),
                Provider = Name,
            };
            memories.Add(kept);
            _users[user] = memories;
            return kept;
        }
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<ProviderMemory>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken = default) => Run(cancellationToken, () =>
    {
        var filter = ProviderRules.Check(user, query);
        ProviderRules.RefuseRecordFilters(Name, query.Filter);
        lock (_gate)
        {
            return (IReadOnlyList<ProviderMemory>)
            [
                .. MemoriesOf(user)
                    .Where(memory => memory.Content.Contains(query.Query, StringComparison.OrdinalIgnoreCase)
                        && filter.AdmitsRecord(MemoryKind.Fact, memory.AgentId!, category: null, memory.CreatedAt.UtcTicks, fromSession: false)
                        && filter.AdmitsMetadata(memory.Metadata))
                    .Take(query.Limit),
            ];
        }
    });

    /// <inheritdoc/>
    public Task<ProviderMemory> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default) => Run(cancellationToken, () =>
    {
        ProviderRules.Check(user, id);
        lock (_gate)
        {
            return MemoriesOf(user).Find(memory => memory.Id == id) ?? throw new NotFoundException($"There is no memory '{id}'.");
        }
    });

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken = default) => Run(cancellationToken, () =>
    {
        ProviderRules.Check(user, id);
        lock (_gate)
        {
            return MemoriesOf(user).RemoveAll(memory => memory.Id == id) > 0;
        }
    });

    /// <inheritdoc/>
    public Task<ProviderPage> ListAsync(UserKey user, int limit = 100, int offset = 0, CancellationToken cancellationToken = default) => Run(cancellationToken, () =>
    {
        ProviderRules.Check(user, limit, offset);
        lock (_gate)
        {
            var memories = MemoriesOf(user);
            return new ProviderPage([.. Enumerable.Reverse(memories).Skip(offset).Take(limit)], memories.Count);
        }
    });

    /// <inheritdoc/>
    public Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken = default) => Run(cancellationToken, () =>
    {
        user.Validated();
        lock (_gate)
        {
            return _users.Remove(user, out var memories) ? memories.Count : 0;
        }
    });

    /// <inheritdoc/>
    public Task<ProviderHealth> CheckHealthAsync(UserKey? user = null, CancellationToken cancellationToken = default) => Run(cancellationToken, () =>
    {
        lock (_gate)
        {
            return new ProviderHealth
            {
                Healthy = true,
                Provider = Name,
                ResponseTimeMs = 0,
                VectorsAvailable = false,
                TotalMemories = user is { } key ? MemoriesOf(key).Count : null,
            };
        }
    });

    // All of it is done on the spot; what goes wrong goes wrong in the task, as with any other provider.
    private static Task<T> Run<T>(CancellationToken cancellationToken, Func<T> call)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.FromResult(call());
        }
        catch (MemoryException error)
        {
            return Task.FromException<T>(error);
        }
    }

    private List<ProviderMemory> MemoriesOf(UserKey user) => _users.GetValueOrDefault(user) ?? [];

    private string NextId(List<ProviderMemory> memories)
    {
        string id;
        do
        {
            id = (++_lastId).ToString(CultureInfo.InvariantCulture);
        }
        while (memories.Exists(memory => memory.Id == id));
        return id;
    }
}
