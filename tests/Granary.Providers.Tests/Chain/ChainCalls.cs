namespace Granary.Providers.Tests.Chain;

/// <summary>Calls of a chain in few words.</summary>
internal static class ChainCalls
{
    public static Task<ProviderAnswer<ProviderMemory>> RememberAsync(this ChainNode node, string content, string? id = null) =>
        node.Chain.RememberAsync(ChainHarness.Ada, new ProviderDraft { Content = content, Id = id });

    public static Task<ProviderAnswer<IReadOnlyList<ProviderMemory>>> RecallAsync(this ChainNode node, string query) =>
        node.Chain.RecallAsync(ChainHarness.Ada, new ProviderQuery { Query = query });

    public static Task<ProviderAnswer<ProviderMemory>> GetAsync(this ChainNode node, string id) => node.Chain.GetAsync(ChainHarness.Ada, id);

    public static Task<ProviderAnswer<bool>> DeleteAsync(this ChainNode node, string id) => node.Chain.DeleteAsync(ChainHarness.Ada, id);

    public static Task<ProviderAnswer<ProviderPage>> ListAsync(this ChainNode node) => node.Chain.ListAsync(ChainHarness.Ada);

    /// <summary>What a provider really keeps, whatever its mood.</summary>
    public static async Task<IReadOnlyList<ProviderMemory>> KeptAsync(this FlakyProvider provider) =>
        (await provider.Inner.ListAsync(ChainHarness.Ada, 1_000)).Memories;

    /// <summary>Lets the clock go on until the call has ended.</summary>
    public static async Task<T> EndAsync<T>(this ChainHarness harness, Task<T> call)
    {
        while (!call.IsCompleted)
        {
            await Task.WhenAny(call, harness.Time.UntilTimersAsync(1));
            if (!call.IsCompleted)
            {
                harness.Time.Advance(TimeSpan.FromMilliseconds(50));
            }
        }

        return await call;
    }
}
