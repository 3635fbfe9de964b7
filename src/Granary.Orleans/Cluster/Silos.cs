using Granary.Orleans.Grains;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Granary.Orleans.Cluster;

/// <summary>Reaches each silo of the cluster by its own grain.</summary>
/// <param name="grains">Finds grains.</param>
/// <param name="logger">The log.</param>
/// <param name="members">Who is in the cluster, where this is a silo and knows it; a client asks one.</param>
internal sealed partial class Silos(IGrainFactory grains, ILogger<Silos> logger, ISiloStatusOracle? members = null)
{
    /// <summary>How long a silo may take to hear of a change; one that does not answer finds out by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The silos that are active now.</summary>
    public async Task<IReadOnlyList<SiloAddress>> ActiveAsync() => members is not null
        ? [.. members.GetApproximateSiloStatuses(onlyActive: true).Keys]
        : [.. (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true).ConfigureAwait(false)).Keys];

    /// <summary>Asks one silo.</summary>
    public async Task<T> AskAsync<T>(SiloAddress silo, Func<ISiloGrain, ValueTask<T>> question)
    {
        // The hint places the grain on the silo that its key names; it says nothing once the grain is there.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        try
        {
            return await question(grains.GetGrain<ISiloGrain>(silo.ToParsableString())).ConfigureAwait(false);
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    /// <summary>Tells every silo that a tenant's memory resources have changed. One that cannot be reached reads them anew by itself, seconds later.</summary>
    public async Task RefreshResourcesAsync(string tenant)
    {
        try
        {
            await TellAsync(tenant).WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotTold(logger, exception, tenant);
        }
    }

    private async Task TellAsync(string tenant)
    {
        var silos = await ActiveAsync().ConfigureAwait(false);
        await Task.WhenAll(silos.Select(silo => AskAsync(silo, async grain =>
        {
            await grain.RefreshResourcesAsync(tenant).ConfigureAwait(false);
            return true;
        }))).ConfigureAwait(false);
    }

    [LoggerMessage(1, LogLevel.Warning, "Not every silo could be told that the memory resources of {Tenant} changed; they read them anew within seconds")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string tenant);
}
