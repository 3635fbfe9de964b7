namespace Granary.Providers;

/// <summary>One provider, asked once.</summary>
internal sealed class SingleProvider(IMemoryProvider provider, TimeProvider time) : IProviderAnswers
{
    public string Name => provider.Name;

    public Task<ProviderAnswer<ProviderMemory>> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken) =>
        TimedAsync(() => provider.RememberAsync(user, draft, cancellationToken));

    public Task<ProviderAnswer<IReadOnlyList<ProviderMemory>>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken) =>
        TimedAsync(() => provider.RecallAsync(user, query, cancellationToken));

    public Task<ProviderAnswer<ProviderMemory>> GetAsync(UserKey user, string id, CancellationToken cancellationToken) =>
        TimedAsync(() => provider.GetAsync(user, id, cancellationToken));

    public Task<ProviderAnswer<bool>> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken) =>
        TimedAsync(() => provider.DeleteAsync(user, id, cancellationToken));

    public Task<ProviderAnswer<ProviderPage>> ListAsync(UserKey user, int limit, int offset, CancellationToken cancellationToken) =>
        TimedAsync(() => provider.ListAsync(user, limit, offset, cancellationToken));

    public Task<ProviderHealth> CheckHealthAsync(UserKey? user, CancellationToken cancellationToken) => provider.CheckHealthAsync(user, cancellationToken);

    private async Task<ProviderAnswer<T>> TimedAsync<T>(Func<Task<T>> call)
    {
        var began = time.GetTimestamp();
        var result = await call().ConfigureAwait(false);
        var ms = Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 3);
        return new ProviderAnswer<T>(result, new SubstrateMetadata(Name, ms, time.GetUtcNow(), 1, FallbackUsed: false));
    }
}
