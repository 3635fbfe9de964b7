using Orleans;

namespace Granary.Orleans.Grains;

/// <summary>A silo, asked from elsewhere; its key is the silo's address. Placed on that silo and nowhere else.</summary>
[Alias("granary.silo")]
internal interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>The silo's own figures.</summary>
    [Alias("stats")]
    ValueTask<ActivationStats> GetStatsAsync();

    /// <summary>Whether the silo's store answers.</summary>
    [Alias("health")]
    ValueTask<MemoryHealth> GetHealthAsync();

    /// <summary>Reads a tenant's memory resources anew, because they changed.</summary>
    [Alias("refresh-resources")]
    Task RefreshResourcesAsync(string tenant);
}
