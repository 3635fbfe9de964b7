using Granary.Providers.Chain;
using Granary.Providers.Connections;
using Granary.Providers.Mem0;
using Granary.Providers.Postgres;

namespace Granary.Providers;

/// <summary>Which memory provider keeps what callers ask to remember (<c>Granary:Memory</c>).</summary>
public sealed class MemoryProvidersOptions
{
    /// <summary>The section, for messages.</summary>
    internal const string Path = "Granary:Memory";

    /// <summary>The provider (<c>MEMORY_PROVIDER</c>): native, postgres, http, mock or chain, in any case.</summary>
    public string Provider { get; set; } = ProviderTypes.Native;

    /// <summary>How many memories are recalled where a request does not say (<c>MEMORY_RECALL_LIMIT</c>), 1 to 1,000.</summary>
    public int RecallLimit { get; set; } = 10;

    /// <summary>The connection <c>postgres</c>: its <see cref="PostgresProviderOptions.ConnectionString"/> is <c>DATABASE_URL</c>.</summary>
    public PostgresProviderOptions Postgres { get; set; } = new();

    /// <summary>The connection <c>mem0</c>: <c>MEM0_BASE_URL</c>, <c>MEM0_API_KEY</c>, <c>MEM0_HMAC_SECRET</c>.</summary>
    public Mem0ProviderOptions Mem0 { get; set; } = new();

    /// <summary>Further connections, by name.</summary>
    public IDictionary<string, MemoryConnectionOptions> Connections { get; set; } = new Dictionary<string, MemoryConnectionOptions>(StringComparer.Ordinal);

    /// <summary>The chain, where <see cref="Provider"/> is chain.</summary>
    public ChainOptions Chain { get; set; } = new();
}
