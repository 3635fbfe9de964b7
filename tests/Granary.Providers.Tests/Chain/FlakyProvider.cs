using Granary.Conformance.Time;
using Granary.Providers.Mock;

namespace Granary.Providers.Tests.Chain;

/// <summary>What a provider does with the next call.</summary>
internal enum Mood
{
    /// <summary>It answers.</summary>
    Well,

    /// <summary>It fails before it does anything.</summary>
    Fails,

    /// <summary>It does what is asked, and fails then.</summary>
    FailsAfter,

    /// <summary>It does what is asked and does not answer.</summary>
    Hangs,

    /// <summary>It throws what no provider should.</summary>
    Breaks,

    /// <summary>It says that the caller did wrong: ids have another form.</summary>
    Refuses,
}

/// <summary>A provider in memory that is as well as a test wants it to be.</summary>
internal sealed class FlakyProvider(TimeProvider time, string name) : IMemoryProvider
{
    private readonly MockMemoryProvider _inner = new(time, name);

    /// <summary>What it keeps, whatever its mood.</summary>
    public IMemoryProvider Inner => _inner;

    /// <summary>What it does with a call.</summary>
    public Func<Mood> Next { get; set; } = () => Mood.Well;

    public Mood Mood
    {
        set => Next = () => value;
    }

    /// <summary>Refuses to delete a memory where it gives an error.</summary>
    public Func<string, MemoryException?>? Refusal { get; set; }

    /// <summary>Whether it knows no filters.</summary>
    public bool CannotFilter { get; set; }

    /// <summary>Whether health checks that name a user find it ill.</summary>
    public bool IsIllForUsers { get; set; }

    /// <summary>Milliseconds that a call takes.</summary>
    public int LatencyMs { get; set; }

    /// <summary>Calls so far, but for health checks.</summary>
    public int Calls { get; private set; }

    public string Name => name;

    public string Type => "mock";

    public Task<ProviderMemory> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken = default) =>
        CallAsync(() => _inner.RememberAsync(user, draft, CancellationToken.None));

    public Task<IReadOnlyList<ProviderMemory>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken = default) =>
        CallAsync(() => CannotFilter && query.Filter.AgentId is not null
            ? throw new InvalidRequestException("filter.agent_id", $"cannot be applied by the memory provider '{name}'")
            : _inner.RecallAsync(user, query, CancellationToken.None));

    public Task<ProviderMemory> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default) =>
        CallAsync(() => _inner.GetAsync(user, id, CancellationToken.None));

    public Task<bool> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken = default) =>
        CallAsync(() => Refusal?.Invoke(id) is { } refusal ? throw refusal : _inner.DeleteAsync(user, id, CancellationToken.None));

    public Task<ProviderPage> ListAsync(UserKey user, int limit = 100, int offset = 0, CancellationToken cancellationToken = default) =>
        CallAsync(() => _inner.ListAsync(user, limit, offset, CancellationToken.None));

    public Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken = default) => CallAsync(() => _inner.EraseAsync(user, CancellationToken.None));

    public async Task<ProviderHealth> CheckHealthAsync(UserKey? user = null, CancellationToken cancellationToken = default)
    {
        var mood = user is not null && IsIllForUsers ? Mood.Fails : Next();
        var health = await _inner.CheckHealthAsync(user, cancellationToken);
        return mood switch
        {
            Mood.Well => health,
            Mood.Hangs => await new TaskCompletionSource<ProviderHealth>().Task,
            Mood.Breaks => throw new InvalidOperationException("secret=hunter2"),
            _ => health with { Healthy = false, Error = "It is not well." },
        };
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        Calls++;
        var mood = Next();
        if (LatencyMs > 0)
        {
            ((ManualTimeProvider)time).Advance(TimeSpan.FromMilliseconds(LatencyMs));
        }

        switch (mood)
        {
            case Mood.Fails:
                throw Failure();
            case Mood.FailsAfter:
                await call();
                throw Failure();
            case Mood.Hangs:
                await call();
                return await new TaskCompletionSource<T>().Task;
            case Mood.Refuses:
                throw new InvalidRequestException("memory_id", "must be a UUID");
            case Mood.Breaks:
                throw new InvalidOperationException("secret=hunter2");
            default:
                return await call();
        }
    }

    private static UnavailableException Failure() => new(ErrorCodes.ProviderUnavailable, "It is down.", TimeSpan.FromSeconds(1));
}
