using Granary.Orleans.Providers;

namespace Granary.Silo.Providers;

/// <summary>The technologies that can carry a cluster: those that there are, and those that this build has.</summary>
internal static class ClusterProviders
{
    private static readonly (string Name, string Part)[] Known = [("adonet", "AdoNet"), ("redis", "Redis"), ("cosmos", "Cosmos")];

    /// <summary>All names, whether this build has them or not.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>What this build has.</summary>
    public static IReadOnlyList<IClusterProvider> BuiltIn { get; } =
    [
#if WITH_ADONET
        new Granary.Orleans.AdoNet.AdoNetProvider(),
#endif
#if WITH_REDIS
        new Granary.Orleans.Redis.RedisProvider(),
#endif
#if WITH_COSMOS
        new Granary.Orleans.Cosmos.CosmosProvider(),
#endif
    ];

    /// <summary>The build property that takes a technology in.</summary>
    public static string PropertyOf(string name) => "With" + PackageOf(name);

    /// <summary>How its packages' names end.</summary>
    public static string PackageOf(string name) => Known.First(known => known.Name == name).Part;
}
