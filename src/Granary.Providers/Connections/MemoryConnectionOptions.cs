using Granary.Providers.Mem0;
using Granary.Providers.Postgres;

namespace Granary.Providers.Connections;

/// <summary>A backend of memories beside those that have settings of their own (<c>Granary:Memory:Connections:{name}</c>).</summary>
public sealed class MemoryConnectionOptions
{
    /// <summary>Its type: postgres, http or mock.</summary>
    public string Type { get; set; } = "";

    /// <summary>How to reach it, where it is of type postgres.</summary>
    public PostgresProviderOptions Postgres { get; set; } = new();

    /// <summary>How to reach it, where it is of type http.</summary>
    public Mem0ProviderOptions Http { get; set; } = new();
}
