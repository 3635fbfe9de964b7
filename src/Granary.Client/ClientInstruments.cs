using System.Diagnostics.Metrics;

namespace Granary.Client;

/// <summary>What the client counts beside what <c>System.Net.Http</c> measures already.</summary>
internal static class ClientInstruments
{
    private static readonly Meter Meter = new("Granary.Client");

    /// <summary>Calls made again, by the code of the error before.</summary>
    public static readonly Counter<long> Retries = Meter.CreateCounter<long>("granary.client.retries", "{call}", "Calls that were made again.");

    /// <summary>Event feeds connected again.</summary>
    public static readonly Counter<long> Reconnects =
        Meter.CreateCounter<long>("granary.client.event_reconnects", "{connection}", "Event feeds that were connected again.");
}
