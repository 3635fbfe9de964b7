using System.Diagnostics.Metrics;

namespace Granary.Http;

/// <summary>Metrics of the HTTP API. Durations by route are in ASP.NET Core's own <c>http.server.request.duration</c>.</summary>
internal static class GranaryHttpInstruments
{
    /// <summary>The meter's name, to subscribe to.</summary>
    public const string MeterName = "Granary.Http";

    private static readonly Meter Meter = new(MeterName);

    public static readonly Counter<long> Problems =
        Meter.CreateCounter<long>("granary.http.problems", "{problem}", "Requests refused or failed, by code.");

    public static readonly UpDownCounter<long> EventStreams =
        Meter.CreateUpDownCounter<long>("granary.http.event_streams", "{feed}", "Open event feeds.");

    public static readonly Counter<long> ContextsRendered =
        Meter.CreateCounter<long>("granary.http.contexts_rendered", "{context}", "Contexts written anew, because their session had changed.");

    public static readonly Counter<long> ImportedMessages =
        Meter.CreateCounter<long>("granary.http.imported_messages", "{message}", "Messages taken by imports.");

    public static readonly Counter<long> ExportedRecords =
        Meter.CreateCounter<long>("granary.http.exported_records", "{record}", "Records given out by exports.");
}
