namespace Granary.Llm.Tests.Requests;

/// <summary>A session that has a context and can be compacted, and nothing else.</summary>
internal sealed class FakeSession(SessionContext? context) : ISessionMemory
{
    public SessionKey Key => new("acme", "ada", "s1");

    public SessionContext? Context { get; set; } = context;

    /// <summary>What a compaction does; by default nothing is folded.</summary>
    public Func<FakeSession, Task<int>> OnCompact { get; set; } = _ => Task.FromResult(0);

    public int Compactions { get; private set; }

    public ValueTask<SessionContext> GetContextAsync(ContextOptions? options = null, CancellationToken cancellationToken = default) =>
        Context is null ? ValueTask.FromException<SessionContext>(new NotFoundException("no session")) : ValueTask.FromResult(Context);

    public async Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken = default)
    {
        Compactions++;
        var folded = await OnCompact(this);
        return new CompactResult
        {
            Success = folded >= 0,
            SessionId = Key.Session,
            SummaryGenerated = folded > 0,
            MessageCount = 0,
            TokenCount = 0,
            FoldedMessages = Math.Max(0, folded),
            DryRun = options.DryRun,
            WouldFlush = folded > 0,
            ActualStrategy = CompactionStrategy.TurnBuffer,
            Epoch = 1,
            Error = folded < 0 ? "The model is down." : null,
        };
    }

    public Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<ClearResult> ClearAsync(bool confirm, string? ifMatch = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<EndResult> EndAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task DeleteAsync(string? ifMatch = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
