namespace Granary.Providers.Connections;

/// <summary>The backends that the settings name, each with one provider for the whole process, made when it is first needed.</summary>
internal sealed class MemoryConnections : IAsyncDisposable
{
    private readonly Dictionary<string, (MemoryConnection Connection, Lazy<IMemoryProvider> Provider)> _byName;

    public MemoryConnections(IReadOnlyList<MemoryConnection> connections, IServiceProvider services) => _byName = connections.ToDictionary(
        connection => connection.Name,
        connection => (connection, new Lazy<IMemoryProvider>(() => connection.Create(services))),
        StringComparer.Ordinal);

    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    /// <summary>A backend, or null if the settings have none of that name.</summary>
    public MemoryConnection? Find(string name) => _byName.TryGetValue(name, out var found) ? found.Connection : null;

    /// <summary>The provider of a backend.</summary>
    public IMemoryProvider ProviderOf(string name) => _byName[name].Provider.Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, provider) in _byName.Values)
        {
            if (!provider.IsValueCreated)
            {
                continue;
            }

            switch (provider.Value)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync().ConfigureAwait(false);
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }
}
