using Granary.Providers.Mock;
using Granary.Providers.Native;

namespace Granary.Providers.Connections;

/// <summary>The names of the types of providers.</summary>
internal static class ProviderTypes
{
    public const string Native = NativeMemoryProvider.TypeName;

    public const string Postgres = "postgres";

    public const string Http = "http";

    public const string Mock = MockMemoryProvider.TypeName;

    public const string Chain = "chain";

    /// <summary>The connection of mem0 that has settings of its own.</summary>
    public const string Mem0Connection = "mem0";

    /// <summary>All that a chain can hold.</summary>
    public static readonly IReadOnlyList<string> OfChains = [Native, Postgres, Http, Mock];

    /// <summary>The type that a name stands for, in any case and with the names it has elsewhere; null for none.</summary>
    public static string? Find(string? name) => name?.Trim().ToLowerInvariant() switch
    {
        "mem0_http" or "mem0" => Http,
        { } known when OfChains.Contains(known) => known,
        _ => null,
    };

    /// <summary>The connection that a provider of a type has unless it names another.</summary>
    public static string ConnectionOf(string type) => type == Http ? Mem0Connection : type;
}
