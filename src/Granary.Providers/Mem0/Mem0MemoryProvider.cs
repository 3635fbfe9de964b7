using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Providers.Mem0;

/// <summary>
/// Memories with a service that speaks mem0's API: mem0 itself, another Granary, or one like them. Texts are kept word for word; nothing is concluded
/// from them.
/// </summary>
/// <remarks>
/// The service gives the ids. It is not trusted to keep users apart: tenants and users are told to it as one id, every memory that it answers is checked to
/// belong to the user who was asked for, and where one does not the call fails. A memory is answered when the service has it, not when it has taken it.
/// </remarks>
public sealed partial class Mem0MemoryProvider : IMemoryProvider, IDisposable
{
    /// <summary>The provider's type.</summary>
    public const string TypeName = "http";

    /// <summary>Deletions at the same time at the most; those of one memory are one after the other.</summary>
    private const int Deletions = 64;

    /// <summary>Memories of one page when all are gone through.</summary>
    private const int PageSize = 100;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Mem0ProviderOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Mem0Client _client;
    private readonly Mem0Service _service;
    private readonly SemaphoreSlim[] _deleting = [.. Enumerable.Range(0, Deletions).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Makes the provider; nothing is connected to yet.</summary>
    /// <param name="options">Where the service is; not changed afterwards.</param>
    /// <param name="timeProvider">The clock; the system's if null.</param>
    /// <param name="logger">Tells of services that answer what belongs to others.</param>
    /// <param name="handler">Sends the requests; null for one that follows no redirects. Disposed of with the provider.</param>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it and the fix.</exception>
    public Mem0MemoryProvider(
        Mem0ProviderOptions options, TimeProvider? timeProvider = null, ILogger<Mem0MemoryProvider>? logger = null, HttpMessageHandler? handler = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _options = options;
        _time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<Mem0MemoryProvider>.Instance;
        _client = new Mem0Client(options, _time, handler);
        _service = new Mem0Service(_client, options.Api);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public string Type => TypeName;

    /// <inheritdoc/>
    public async Task<ProviderMemory> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, draft);
        if (draft.Id is not null)
        {
            throw new InvalidRequestException("id", $"cannot be chosen: the service of the memory provider '{Name}' gives the ids");
        }

        var scope = new Scope(user, Mem0Users.Of(user));
        var mark = new Mem0Metadata(scope.Id, draft.AgentId ?? Ids.DefaultAgent, Ids.New(_time));
        var addition = new Mem0Addition(mark, draft, _options.SendsAgentIds ? draft.AgentId : null);
        var answer = await _service.AddAsync(addition, cancellationToken).ConfigureAwait(false);

        // Most services that are done answer the memory; of the others it is read.
        return !answer.IsPending && answer.Items.FirstOrDefault(IsWhole) is { ValueKind: JsonValueKind.Object } item
            ? ViewOf(scope, item, addition)
            : await AwaitAsync(scope, addition, answer, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProviderMemory>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken = default)
    {
        var filter = ProviderRules.Check(user, query);
        ProviderRules.RefuseRecordFilters(Name, query.Filter);
        var scope = new Scope(user, Mem0Users.Of(user));

        // Services differ in what they understand of filters. They are applied here, over as many of the best as there can be.
        var given = query.Filter;
        var isFiltered = filter.NeedsMetadata || given.AgentId is not null || given.From is not null || given.To is not null;
        var agent = _options.SendsAgentIds && given.AgentId != Ids.DefaultAgent ? given.AgentId : null;
        var answer = await _service.SearchAsync(scope.Id, agent, query.Query, isFiltered ? MemoryLimits.MaxRecall : query.Limit, cancellationToken).ConfigureAwait(false);
        var found = answer.Items.Select(item => ViewOf(scope, item)).Where(memory =>
            filter.AdmitsRecord(MemoryKind.Fact, memory.AgentId ?? Ids.DefaultAgent, category: null, memory.CreatedAt.UtcTicks, fromSession: false)
            && filter.AdmitsMetadata(memory.Metadata)).ToList();
        return [.. (found.TrueForAll(memory => memory.SimilarityScore is not null) ? found.OrderByDescending(memory => memory.SimilarityScore) : (IEnumerable<ProviderMemory>)found).Take(query.Limit)];
    }

    /// <inheritdoc/>
    public async Task<ProviderMemory> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        return await FindAsync(new Scope(user, Mem0Users.Of(user)), id, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException($"There is no memory '{id}'.");
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, id);
        var scope = new Scope(user, Mem0Users.Of(user));
        var turn = _deleting[(uint)id.GetHashCode(StringComparison.Ordinal) % Deletions];
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The route names no user: whose it is must be known first. Not every service tells a second deletion from the first, so they take turns.
            return await FindAsync(scope, id, cancellationToken).ConfigureAwait(false) is not null
                && await _service.DeleteAsync(scope.Id, id, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<ProviderPage> ListAsync(UserKey user, int limit = 100, int offset = 0, CancellationToken cancellationToken = default)
    {
        ProviderRules.Check(user, limit, offset);
        var scope = new Scope(user, Mem0Users.Of(user));
        var first = (offset / limit) + 1;
        var page = await _service.PageAsync(scope.Id, first, limit, cancellationToken).ConfigureAwait(false);
        if (await IsUnpagedAsync(scope, page, first, limit, cancellationToken).ConfigureAwait(false) is { } all)
        {
            return new ProviderPage([.. ViewsOf(scope, all).Skip(offset).Take(limit)], all.Items.Count);
        }

        var memories = ViewsOf(scope, page).ToList();
        if (offset % limit != 0 && page.Items.Count == limit)
        {
            memories.AddRange(ViewsOf(scope, await _service.PageAsync(scope.Id, first + 1, limit, cancellationToken).ConfigureAwait(false)));
        }

        return new ProviderPage([.. memories.Skip(offset % limit).Take(limit)], page.Count);
    }

    /// <inheritdoc/>
    public async Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken = default)
    {
        user.Validated();
        var scope = new Scope(user, Mem0Users.Of(user));
        var page = await _service.PageAsync(scope.Id, 1, PageSize, cancellationToken).ConfigureAwait(false);
        if (page.Items.Count == 0)
        {
            return 0;
        }

        CheckOwners(scope, page);
        var there = page.Count ?? page.Items.Count;
        var deletesAll = await _service.DeleteAllAsync(scope.Id, cancellationToken).ConfigureAwait(false);
        var deleted = 0;
        var started = _time.GetTimestamp();
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            page = await _service.PageAsync(scope.Id, 1, PageSize, cancellationToken).ConfigureAwait(false);
            CheckOwners(scope, page);
            if (page.Items.Count == 0)
            {
                return deletesAll ? there : deleted;
            }

            // What the service has no route for, or did not do, is done one by one.
            if (!deletesAll || _time.GetElapsedTime(started) >= _options.PendingTimeout)
            {
                var before = deleted;
                foreach (var item in page.Items)
                {
                    deleted += await _service.DeleteAsync(scope.Id, IdOf(item), cancellationToken).ConfigureAwait(false) ? 1 : 0;
                }

                if (deleted == before)
                {
                    throw _client.Unavailable("the service still answers memories of a user that was erased.");
                }
            }
            else
            {
                await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ProviderHealth> CheckHealthAsync(UserKey? user = null, CancellationToken cancellationToken = default)
    {
        var started = _time.GetTimestamp();
        int? count = null;
        string? error = null;
        try
        {
            await _service.CheckAsync(cancellationToken).ConfigureAwait(false);
            if (user is { } key)
            {
                key.Validated();
                count = (await _service.PageAsync(Mem0Users.Of(key), 1, 1, cancellationToken).ConfigureAwait(false)).Count;
            }
        }
        catch (MemoryException e)
        {
            error = e.Message;
        }

        return new ProviderHealth
        {
            Healthy = error is null,
            Provider = Name,
            ResponseTimeMs = _time.GetElapsedTime(started).TotalMilliseconds,
            TotalMemories = count,
            Error = error,
        };
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _client.Dispose();
        foreach (var turn in _deleting)
        {
            turn.Dispose();
        }
    }

    /// <summary>Waits until the service has a memory that it took, or for its whole record.</summary>
    private async Task<ProviderMemory> AwaitAsync(Scope scope, Mem0Addition addition, Mem0Answer answer, CancellationToken cancellationToken)
    {
        var pending = answer.IsPending;
        var (id, happening) = (pending ? null : answer.AddedId, pending ? answer.EventId : null);
        var started = _time.GetTimestamp();
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            if (happening is not null)
            {
                var told = await _service.EventAsync(scope.Id, happening, cancellationToken).ConfigureAwait(false);
                if (told is { IsFailed: true })
                {
                    throw _client.Unavailable("the service took a memory and then failed to keep it.");
                }

                pending = told is { IsPending: true };
                if (!pending)
                {
                    happening = null;
                    id = told?.Items.Select(Mem0Answer.IdOf).FirstOrDefault(given => given is not null);
                }
            }

            var memory = id is not null ? await FindAsync(scope, id, cancellationToken, addition).ConfigureAwait(false)
                : happening is null ? await LookForAsync(scope, addition, orTheSame: !answer.IsPending, cancellationToken).ConfigureAwait(false)
                : null;
            if (memory is not null)
            {
                return memory with { Duplicate = memory.Duplicate || answer.Items.Any(Mem0Answer.IsNone) };
            }

            if (_time.GetElapsedTime(started) >= _options.PendingTimeout)
            {
                throw _client.Unavailable("the service took a memory and does not have it yet.");
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks for a memory that was added without an id in the answer: by its mark, or else what says the same.</summary>
    private async Task<ProviderMemory?> LookForAsync(Scope scope, Mem0Addition addition, bool orTheSame, CancellationToken cancellationToken)
    {
        var youngest = await _service.PageAsync(scope.Id, 1, PageSize, cancellationToken).ConfigureAwait(false);
        var content = addition.Draft.Content;
        var query = content.Length <= ProviderRules.MaxQuery ? content : content[..(ProviderRules.MaxQuery - 1)];
        var near = await _service.SearchAsync(scope.Id, agent: null, query, PageSize, cancellationToken).ConfigureAwait(false);
        ProviderMemory? same = null;
        foreach (var item in youngest.Items.Concat(near.Items))
        {
            var memory = ViewOf(scope, item, addition) with { SimilarityScore = null };
            if (Mem0Metadata.Read(item).Mark?.Key == addition.Mark.Key)
            {
                return memory;
            }

            same ??= orTheSame && memory.Content == content && (memory.AgentId ?? Ids.DefaultAgent) == addition.Mark.Agent ? memory : null;
        }

        return same;
    }

    /// <summary>A memory of a user, or null where there is none of that id: also where it is another's.</summary>
    private async Task<ProviderMemory?> FindAsync(Scope scope, string id, CancellationToken cancellationToken, Mem0Addition? added = null)
    {
        if (await _service.GetAsync(scope.Id, id, cancellationToken).ConfigureAwait(false) is not { } answer)
        {
            return null;
        }

        if (answer.Items is not [var item])
        {
            throw _client.Unavailable("the service's answer is no memory.");
        }

        return OwnerOf(item) == scope.Id && IdOf(item) == id ? ViewOf(scope, item, added)
            : OwnerOf(item) is null ? throw Unowned()
            : null;
    }

    /// <summary>
    /// The whole list where the service does not part it into pages, otherwise null: it answers more than it was asked for, or on a later page the same
    /// as on the first.
    /// </summary>
    private async Task<Mem0Answer?> IsUnpagedAsync(Scope scope, Mem0Answer page, int number, int size, CancellationToken cancellationToken)
    {
        if (page.Items.Count > size)
        {
            return page;
        }

        if (number == 1 || page.IsPage || page.Items.Count == 0)
        {
            return null;
        }

        var first = await _service.PageAsync(scope.Id, 1, size, cancellationToken).ConfigureAwait(false);
        return first.Items.Count > 0 && Mem0Answer.IdOf(first.Items[0]) == Mem0Answer.IdOf(page.Items[0]) ? first : null;
    }

    /// <summary>The memories of a list, the youngest first.</summary>
    private IEnumerable<ProviderMemory> ViewsOf(Scope scope, Mem0Answer answer) => answer.Items.Select(item => ViewOf(scope, item)).OrderByDescending(memory => memory.CreatedAt);

    private ProviderMemory ViewOf(Scope scope, JsonElement item, Mem0Addition? added = null)
    {
        CheckOwner(scope, item);
        var (own, mark) = Mem0Metadata.Read(item);
        var updated = Mem0Answer.TimeOf(item, "updated_at");
        var created = Mem0Answer.TimeOf(item, "created_at") ?? updated ?? throw _client.Unavailable("the service does not say when a memory was kept.");
        return new ProviderMemory
        {
            Id = IdOf(item),
            UserId = scope.User.User,
            Content = Mem0Answer.ContentOf(item) ?? throw _client.Unavailable("the service answered a memory without a text."),
            Metadata = own,
            AgentId = mark?.Agent ?? Mem0Answer.Text(item, "agent_id"),
            CreatedAt = created,
            UpdatedAt = updated == created ? null : updated,
            SimilarityScore = Mem0Answer.ScoreOf(item),
            Provider = Name,
            Duplicate = added is not null && (Mem0Answer.IsNone(item) || mark?.Key != added.Mark.Key),
        };
    }

    private string IdOf(JsonElement item) =>
        Mem0Answer.IdOf(item) is { } id && Ids.IsValid(id) ? id : throw _client.Unavailable("the service answered a memory without an id that can be named.");

    private void CheckOwners(Scope scope, Mem0Answer answer)
    {
        foreach (var item in answer.Items)
        {
            CheckOwner(scope, item);
        }
    }

    /// <summary>Fails where a memory is not the user's: a service that answers one may answer, or may have taken, anything.</summary>
    private void CheckOwner(Scope scope, JsonElement item)
    {
        if (OwnerOf(item) is not { } owner)
        {
            throw Unowned();
        }

        if (owner != scope.Id)
        {
            LogForeign(Name);
            throw _client.Unavailable("the service answered memories of another user.", TimeSpan.FromMinutes(1));
        }
    }

    private UnavailableException Unowned() => _client.Unavailable("the service does not say whose a memory is.", TimeSpan.FromMinutes(1));

    /// <summary>Whether an answer has all that is to be known of a memory.</summary>
    private static bool IsWhole(JsonElement item) =>
        Mem0Answer.IdOf(item) is not null && OwnerOf(item) is not null && Mem0Answer.ContentOf(item) is not null && Mem0Answer.TimeOf(item, "created_at") is not null;

    private static string? OwnerOf(JsonElement item) => Mem0Answer.Text(item, "user_id") ?? Mem0Metadata.Read(item).Mark?.User;

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    /// <summary>A user, and as the service knows him.</summary>
    private sealed record Scope(UserKey User, string Id);
}
