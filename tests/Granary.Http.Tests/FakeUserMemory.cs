using System.Globalization;

namespace Granary.Http.Tests;

/// <summary>
/// A memory whose users' records are kept here, by the plainest means: no index, no storage, recall by shared words. What goes through it is what the
/// routes ask of the memory.
/// </summary>
internal sealed class FakeMemoryCluster(IMemoryCluster inner, TimeProvider time) : IMemoryCluster
{
    private readonly Dictionary<UserKey, FakeUserMemory> _users = [];

    /// <summary>What lists and recalls wait for.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    /// <summary>Runs before every call of a user; what it throws is the call's outcome.</summary>
    public Action<string> Before { get; set; } = _ => { };

    public ISessionMemory Session(SessionKey key) => inner.Session(key);

    public IUserMemory User(UserKey key)
    {
        lock (_users)
        {
            return _users.TryGetValue(key, out var user) ? user : _users[key] = new FakeUserMemory(this, inner, key, time);
        }
    }

    public IResourceCatalog Resources(string tenant) => inner.Resources(tenant);

    public Task<StartSessionResult> StartSessionAsync(UserKey user, StartSessionOptions options, CancellationToken cancellationToken = default) =>
        inner.StartSessionAsync(user, options, cancellationToken);

    public ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default) => inner.GetStatsAsync(cancellationToken);

    public ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default) => inner.GetHealthAsync(cancellationToken);
}

internal sealed class FakeUserMemory(FakeMemoryCluster cluster, IMemoryCluster inner, UserKey key, TimeProvider time) : IUserMemory
{
    private readonly Lock _gate = new();
    private readonly List<MemoryRecord> _records = [];
    private readonly List<MemoryChange> _changes = [];
    private UserErasure? _erasure;

    public UserKey Key => key;

    /// <summary>What was asked last.</summary>
    public RecallRequest? Asked { get; private set; }

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default)
    {
        Begin("sessions");
        return inner.User(key).ListSessionsAsync(query, cancellationToken);
    }

    public Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken = default)
    {
        Begin("remember");
        for (var index = 0; index < request.Memories.Count; index++)
        {
            var (draft, path) = (request.Memories[index], $"memories[{index}].");
            if (string.IsNullOrWhiteSpace(draft.Content))
            {
                throw new InvalidRequestException(path + "content", "must not be empty");
            }

            if (draft.Content.Length > MemoryLimits.MaxContentBytes)
            {
                throw new TooLargeException(path + "content", $"must be at most {MemoryLimits.MaxContentBytes} bytes");
            }

            if (draft.Confidence is not (>= 0 and <= 1))
            {
                throw new InvalidRequestException(path + "confidence", "must be a number from 0 to 1");
            }

            if (draft.Metadata is { ValueKind: not System.Text.Json.JsonValueKind.Object })
            {
                throw new InvalidRequestException(path + "metadata", "must be a JSON object");
            }

            if (draft.ValidTo < draft.ValidFrom)
            {
                throw new InvalidRequestException(path + "valid_to", "must not be before valid_from");
            }
        }

        lock (_gate)
        {
            return Task.FromResult(new RememberResult([.. request.Memories.Select(Keep)]));
        }
    }

    public async Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken = default)
    {
        Begin("recall");
        await cluster.Held.WaitAsync(cancellationToken);
        Asked = request;
        var words = request.Query.Split([' ', '?', '.', ','], StringSplitOptions.RemoveEmptyEntries);
        var hits = new List<RecallHit>();
        lock (_gate)
        {
            foreach (var record in request.Records && request.Filter.Role is null ? _records.Where(record => IsLive(record) && Passes(record, request.Filter)) : [])
            {
                hits.Add(HitOf(record.Id, record.Content, record.AgentId, record.CreatedAt) with { Record = record, SessionId = record.Sources.Count > 0 ? record.Sources[^1].SessionId : null });
            }
        }

        foreach (var session in request.Turns && request.Filter.Kinds is not { Count: > 0 } ? (await inner.User(key).ListSessionsAsync(new SessionQuery(), cancellationToken)).Sessions : [])
        {
            var messages = (await inner.Session(new SessionKey(key.Tenant, key.User, session.SessionId)).GetMessagesAsync(1, 1000, cancellationToken)).Messages;
            hits.AddRange(messages
                .Where(message => (request.Filter.SessionId ?? session.SessionId) == session.SessionId && (request.Filter.Role ?? message.Role) == message.Role
                    && (request.Filter.AgentId ?? session.AgentId) == session.AgentId)
                .Select(message => HitOf($"turn:{session.SessionId}:{message.Sequence}", message.Content, session.AgentId, message.Timestamp ?? default)
                    with { Message = message, SessionId = session.SessionId }));
        }

        var best = hits.Where(hit => hit.Score > 0 && hit.Score >= request.MinScore).OrderByDescending(hit => hit.Score);
        var found = (request.GroupBySession ? best.DistinctBy(hit => hit.SessionId) : best).Take(request.Limit).ToList();
        return new RecallResult { Hits = found, Tokens = found.Sum(hit => hit.Content.Length / 4), Mode = RecallMode.Keyword };

        RecallHit HitOf(string id, string text, string agent, DateTimeOffset when)
        {
            var score = words.Count(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)) / (double)words.Length;
            return new RecallHit { Id = id, Content = text, Score = score, ScoreParts = new Dictionary<string, double> { ["words"] = score }, AgentId = agent, Timestamp = when };
        }
    }

    public Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken = default)
    {
        Begin("get");
        return Task.FromResult(Find(id));
    }

    public async Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken = default)
    {
        Begin("list");
        await cluster.Held.WaitAsync(cancellationToken);
        lock (_gate)
        {
            var all = _records.Where(record => (query.States?.Contains(record.State) ?? IsLive(record)) && Passes(record, query.Filter)).Reverse().ToList();
            var skip = query.After is null ? query.Offset : int.Parse(query.After, CultureInfo.InvariantCulture);
            var page = all.Skip(skip).Take(query.Limit).ToList();
            return new MemoryPage(page, all.Count, skip + page.Count < all.Count ? (skip + page.Count).ToString(CultureInfo.InvariantCulture) : null);
        }
    }

    public Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken = default)
    {
        Begin("update");
        var record = Find(id);
        if (patch.IfRevision is { } revision && revision != record.Revision)
        {
            throw new PreconditionFailedException($"\"{record.Revision}\"");
        }

        var changed = record with { Content = patch.Content ?? record.Content, Metadata = patch.Metadata ?? record.Metadata, Pinned = patch.Pinned ?? record.Pinned };
        foreach (var field in patch.Clear)
        {
            changed = field == MemoryField.Category ? changed with { Category = null } : field == MemoryField.ExpiresAt ? changed with { ExpiresAt = null } : changed;
        }

        return Task.FromResult(Replace(record, changed, MemoryEvent.Update, patch.Reason));
    }

    public Task DeleteMemoryAsync(string id, string? reason = null, bool purge = false, CancellationToken cancellationToken = default)
    {
        Begin("delete");
        var record = Find(id);
        if (purge)
        {
            _records.Remove(record);
        }
        else if (record.State != MemoryState.Deleted)
        {
            Replace(record, record with { State = MemoryState.Deleted }, MemoryEvent.Delete, reason);
        }

        return Task.CompletedTask;
    }

    public async Task<EditResult> EditMemoriesAsync(EditRequest request, CancellationToken cancellationToken = default)
    {
        var records = new List<MemoryRecord>();
        foreach (var edit in request.Edits)
        {
            var record = Find(edit.MemoryId);
            if (edit.Deletion?.IfRevision is { } revision && revision != record.Revision)
            {
                throw new PreconditionFailedException($"\"{record.Revision}\"");
            }

            if (edit.Deletion is { } deletion)
            {
                await DeleteMemoryAsync(edit.MemoryId, deletion.Reason, deletion.Purge, cancellationToken);
            }

            records.Add(edit.Patch is { } patch ? await UpdateMemoryAsync(edit.MemoryId, patch, cancellationToken) : record);
        }

        return new EditResult(records);
    }

    public Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason = null, CancellationToken cancellationToken = default)
    {
        Begin("restore");
        var record = Find(id);
        return Task.FromResult(Replace(record, record with { State = MemoryState.Active }, MemoryEvent.Restore, reason));
    }

    public Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken = default)
    {
        Begin("history");
        Find(id);
        return Task.FromResult(new MemoryHistory([.. _changes.Where(change => change.MemoryId == id)]));
    }

    public Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken = default)
    {
        Begin("forget");
        if (request is { MaxAgeDays: null, MaxInactiveDays: null, Keep: null, MinRetention: null, All: false })
        {
            throw new InvalidRequestException("body", "must say a policy");
        }

        var chosen = _records.Where(record => IsLive(record) && Passes(record, request.Filter)).ToList();
        var gone = chosen.Where(record => !record.Pinned && (request.All || request.Keep == 0)).ToList();
        foreach (var record in request.DryRun ? [] : gone)
        {
            Replace(record, record with { State = request.Archive ? MemoryState.Archived : MemoryState.Deleted }, MemoryEvent.Delete, request.Reason);
        }

        return Task.FromResult(new ForgetResult(gone.Count, [.. gone.Select(record => record.Id)], chosen.Count - gone.Count, request.DryRun));
    }

    public Task<SynthesisResult> SynthesizeAsync(SynthesisRequest request, CancellationToken cancellationToken = default)
    {
        Begin("synthesize");
        return Task.FromResult(new SynthesisResult(null, []));
    }

    public Task<UserStats> GetStatsAsync(CancellationToken cancellationToken = default)
    {
        Begin("stats");
        var live = _records.Where(IsLive).ToList();
        return Task.FromResult(new UserStats
        {
            Sessions = 0,
            ByState = new Dictionary<string, int> { ["active"] = live.Count },
            ByKind = live.GroupBy(record => record.Kind.ToString().ToLowerInvariant()).ToDictionary(group => group.Key, group => group.Count()),
            ByCategory = new Dictionary<string, int>(),
            IndexedMessages = 0,
            MeanAccessCount = 0,
        });
    }

    public Task<UserErasure> EraseAsync(CancellationToken cancellationToken = default)
    {
        _erasure ??= new UserErasure
        {
            ErasureId = "era_1",
            UserId = key.User,
            Status = UserErasureStatus.Running,
            RequestedAt = time.GetUtcNow(),
        };
        return Task.FromResult(_erasure);
    }

    public Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(_erasure ?? throw new NotFoundException("There was no erasure."));

    private void Begin(string call)
    {
        cluster.Before(call);
        if (_erasure is not null)
        {
            throw new ErasedException("The user was erased.");
        }
    }

    private MemoryOutcome Keep(MemoryDraft draft)
    {
        var agent = draft.AgentId ?? Ids.DefaultAgent;
        if (_records.Find(record => IsLive(record) && record.Kind == draft.Kind && record.AgentId == agent && record.Content == draft.Content.Trim()) is { } same)
        {
            return new MemoryOutcome(MemoryEvent.None, same);
        }

        if (draft.Id is not null && _records.Exists(record => record.Id == draft.Id))
        {
            throw new ConflictException(ErrorCodes.AlreadyExists, $"The id {draft.Id} is taken by another text.");
        }

        var now = time.GetUtcNow();
        var record = new MemoryRecord
        {
            Id = draft.Id ?? $"mem_{_records.Count + 1}",
            Kind = draft.Kind,
            AgentId = agent,
            Content = draft.Content.Trim(),
            Metadata = draft.Metadata,
            Category = draft.Category,
            Confidence = draft.Confidence,
            Importance = draft.Importance,
            Pinned = draft.Pinned,
            EventTime = draft.EventTime,
            ValidFrom = draft.ValidFrom,
            ValidTo = draft.ValidTo,
            ExpiresAt = draft.ExpiresAt,
            CreatedAt = draft.CreatedAt ?? now,
            UpdatedAt = now,
            Sources = draft.Sources,
        };
        _records.Add(record);
        _changes.Add(new MemoryChange { MemoryId = record.Id, Revision = 1, Event = MemoryEvent.Add, Timestamp = now, NewContent = record.Content });
        return new MemoryOutcome(MemoryEvent.Add, record);
    }

    private MemoryRecord Find(string id) => _records.Find(record => record.Id == id) ?? throw new NotFoundException($"There is no memory {id}.");

    private MemoryRecord Replace(MemoryRecord old, MemoryRecord changed, MemoryEvent what, string? reason)
    {
        changed = changed with { Revision = old.Revision + 1, UpdatedAt = time.GetUtcNow() };
        _records[_records.IndexOf(old)] = changed;
        _changes.Add(new MemoryChange
        {
            MemoryId = old.Id,
            Revision = changed.Revision,
            Event = what,
            Timestamp = changed.UpdatedAt,
            OldContent = old.Content,
            NewContent = what == MemoryEvent.Delete ? null : changed.Content,
            Reason = reason,
        });
        return changed;
    }

    private static bool IsLive(MemoryRecord record) => record.State is MemoryState.Active or MemoryState.Expiring;

    private static bool Passes(MemoryRecord record, MemoryFilter filter) =>
        (filter.AgentId ?? record.AgentId) == record.AgentId
        && (filter.Kinds is not { Count: > 0 } kinds || kinds.Contains(record.Kind))
        && (filter.Categories is not { Count: > 0 } categories || categories.Contains(record.Category))
        && (filter.SessionId is null || record.Sources.Any(source => source.SessionId == filter.SessionId))
        && (filter.From is null || (record.EventTime ?? record.CreatedAt) >= filter.From)
        && (filter.To is null || (record.EventTime ?? record.CreatedAt) < filter.To);
}
