using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Providers;

/// <summary>The batch APIs of the configured providers.</summary>
internal sealed class BatchProviders : IDisposable
{
    private readonly Dictionary<string, IBatchProvider> _byName = new(StringComparer.Ordinal);
    private readonly List<BatchHttp> _clients = [];

    /// <param name="setups">The providers. One without a key has no batches here: nobody's key is at hand when they run.</param>
    /// <param name="time">The clock.</param>
    public BatchProviders(IEnumerable<ProviderSetup> setups, TimeProvider time)
    {
        foreach (var setup in setups.Where(setup => setup.Options.Key is not null))
        {
            var http = new BatchHttp(setup, time);
            _clients.Add(http);
            IBatchProvider? provider = setup.Kind switch
            {
                ProviderKind.OpenAI => new OpenAIBatches(http),
                ProviderKind.Anthropic => new AnthropicBatches(http),
                ProviderKind.Gemini => new GeminiBatches(http),
                _ => null,
            };
            if (provider is not null)
            {
                _byName.Add(setup.Name, provider);
            }
        }
    }

    /// <summary>The batch API of a provider, or null if it has none.</summary>
    public IBatchProvider? Find(string name) => _byName.GetValueOrDefault(name);

    public void Dispose() => _clients.ForEach(client => client.Dispose());
}
