namespace Granary.Embedded;

/// <summary>A handle on a session of this process.</summary>
internal sealed class EmbeddedSession(EmbeddedCluster host, SessionKey key) : ISessionMemory
{
    public SessionKey Key => key;

    public Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (options, cancellationToken), static async (actor, s) =>
            await actor.StartAsync(s.options, s.cancellationToken).ConfigureAwait(false)).AsTask();

    public ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (request, cancellationToken), static (actor, s) => actor.AppendAsync(s.request, s.cancellationToken));

    public ValueTask<SessionContext> GetContextAsync(ContextOptions? options = null, CancellationToken cancellationToken = default) =>
        host.ReadAsync(key, options ?? ContextOptions.Default, static (actor, o) => actor.GetContext(o));

    public Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (from, limit, cancellationToken), static async (actor, s) =>
            await actor.GetMessagesAsync(s.from, s.limit, s.cancellationToken).ConfigureAwait(false)).AsTask();

    public ValueTask<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default) =>
        host.ReadAsync(key, 0, static (actor, _) => actor.GetInfo());

    public Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (epoch, cancellationToken), static async (actor, s) =>
            await actor.GetEpochAsync(s.epoch, s.cancellationToken).ConfigureAwait(false)).AsTask();

    public Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (options, cancellationToken), static async (actor, s) =>
            await actor.CompactAsync(s.options, s.cancellationToken).ConfigureAwait(false)).AsTask();

    public Task<ClearResult> ClearAsync(bool confirm, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (confirm, ifMatch), static async (actor, s) =>
            await actor.ClearAsync(s.confirm, s.ifMatch).ConfigureAwait(false)).AsTask();

    public Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken = default) =>
        host.CallAsync(key, cancellationToken, static async (actor, token) =>
            await actor.ReflectAsync(token).ConfigureAwait(false)).AsTask();

    public Task<EndResult> EndAsync(CancellationToken cancellationToken = default) =>
        host.CallAsync(key, cancellationToken, static async (actor, token) =>
            await actor.EndAsync(token).ConfigureAwait(false)).AsTask();

    public Task DeleteAsync(string? ifMatch = null, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (ifMatch, cancellationToken), static async (actor, s) =>
        {
            await actor.DeleteAsync(s.ifMatch, s.cancellationToken).ConfigureAwait(false);
            return true;
        }).AsTask();

    public Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        host.WatchAsync(key, seen, timeout, cancellationToken);

    public Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (cursor, cancellationToken), static async (actor, s) =>
            await actor.ExportAsync(s.cursor, s.cancellationToken).ConfigureAwait(false)).AsTask();

    public Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken = default) =>
        host.CallAsync(key, (chunk, cancellationToken), static async (actor, s) =>
        {
            await actor.ImportAsync(s.chunk, s.cancellationToken).ConfigureAwait(false);
            return true;
        }).AsTask();
}
