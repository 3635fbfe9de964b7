using System.Diagnostics.Metrics;
using Granary.Providers.Chain;

namespace Granary.Providers;

/// <summary>What memory providers measure, under the meter <c>Granary.Providers</c>.</summary>
internal static class ProvidersInstruments
{
    private static readonly Meter Meter = new("Granary.Providers");

    private static readonly Histogram<double> Calls =
        Meter.CreateHistogram<double>("granary.providers.call.duration", "ms", "Calls of memory providers in a chain, by provider, operation and outcome: ok, refused or failed.");

    private static readonly Counter<long> Fallbacks =
        Meter.CreateCounter<long>("granary.providers.fallbacks", "{call}", "Answers by another provider than the first choice, by operation.");

    private static readonly Counter<long> Deferred =
        Meter.CreateCounter<long>("granary.providers.deletes_deferred", "{delete}", "Deletes noted because a provider could not be reached.");

    public static void Called(string provider, MemoryOperation operation, string outcome, double ms) =>
        Calls.Record(ms, new("provider", provider), new("operation", NameOf(operation)), new("outcome", outcome));

    public static void FellBack(MemoryOperation operation) => Fallbacks.Add(1, new KeyValuePair<string, object?>("operation", NameOf(operation)));

    public static void DeleteDeferred(int count) => Deferred.Add(count);

    private static string NameOf(MemoryOperation operation) => operation switch
    {
        MemoryOperation.Remember => "remember",
        MemoryOperation.Recall => "recall",
        MemoryOperation.Get => "get",
        MemoryOperation.Delete => "delete",
        MemoryOperation.List => "list",
        MemoryOperation.Erase => "erase",
        _ => "health_check",
    };
}
