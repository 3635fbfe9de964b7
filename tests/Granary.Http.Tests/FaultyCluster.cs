namespace Granary.Http.Tests;

/// <summary>A memory whose calls can be held back or made to fail.</summary>
internal sealed class FaultyCluster(IMemoryCluster inner) : IMemoryCluster
{
    /// <summary>Runs before every call; what it throws is the call's outcome.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>What health answers, if not the memory's own.</summary>
    public MemoryHealth? Health { get; set; }

    /// <summary>Makes every call fail.</summary>
    public void FailWith(Func<Exception> failure) => Before = _ => throw failure();

    public ISessionMemory Session(SessionKey key) => new FaultySession(this, inner.Session(key));

    public IUserMemory User(UserKey key) => inner.User(key);

    public IResourceCatalog Resources(string tenant) => inner.Resources(tenant);

    public async Task<StartSessionResult> StartSessionAsync(UserKey user, StartSessionOptions options, CancellationToken cancellationToken = default)
    {
        await Before("start");
        return await inner.StartSessionAsync(user, options, cancellationToken);
    }

    public ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default) => inner.GetStatsAsync(cancellationToken);

    public async ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default)
    {
        await Before("health");
        return Health ?? await inner.GetHealthAsync(cancellationToken);
    }
}

internal sealed class FaultySession(FaultyCluster cluster, ISessionMemory inner) : ISessionMemory
{
    public SessionKey Key => inner.Key;

    public async Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken = default)
    {
        await cluster.Before("start");
        return await inner.StartAsync(options, cancellationToken);
    }

    public async ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken = default)
    {
        await cluster.Before("append");
        return await inner.AppendAsync(request, cancellationToken);
    }

    public async ValueTask<SessionContext> GetContextAsync(ContextOptions? options = null, CancellationToken cancellationToken = default)
    {
        await cluster.Before("context");
        return await inner.GetContextAsync(options, cancellationToken);
    }

    public async Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken = default)
    {
        await cluster.Before("messages");
        return await inner.GetMessagesAsync(from, limit, cancellationToken);
    }

    public async ValueTask<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default)
    {
        await cluster.Before("info");
        return await inner.GetInfoAsync(cancellationToken);
    }

    public Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken = default) => inner.GetEpochAsync(epoch, cancellationToken);

    public Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken = default) => inner.CompactAsync(options, cancellationToken);

    public Task<ClearResult> ClearAsync(bool confirm, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        inner.ClearAsync(confirm, ifMatch, cancellationToken);

    public Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken = default) => inner.ReflectAsync(cancellationToken);

    public Task<EndResult> EndAsync(CancellationToken cancellationToken = default) => inner.EndAsync(cancellationToken);

    public Task DeleteAsync(string? ifMatch = null, CancellationToken cancellationToken = default) => inner.DeleteAsync(ifMatch, cancellationToken);

    public async Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        await cluster.Before("wait");
        return await inner.WaitForChangeAsync(seen, timeout, cancellationToken);
    }

    public async Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken = default)
    {
        await cluster.Before(cursor is null ? "export" : "export more");
        return await inner.ExportAsync(cursor, cancellationToken);
    }

    public async Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken = default)
    {
        await cluster.Before("import");
        await inner.ImportAsync(chunk, cancellationToken);
    }
}
