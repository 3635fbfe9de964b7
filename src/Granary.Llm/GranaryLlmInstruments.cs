using System.Diagnostics.Metrics;

namespace Granary.Llm;

/// <summary>What the model layer measures, under the meter <c>Granary.Llm</c>.</summary>
internal static class GranaryLlmInstruments
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Granary.Llm";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Audited =
        Meter.CreateCounter<long>("granary.llm.audit.written", "{record}", "Records of calls that were stored.");

    private static readonly Counter<long> AuditDrops =
        Meter.CreateCounter<long>("granary.llm.audit.dropped", "{record}", "Records of calls that will not be stored, by reason: full, invalid, erased or stopped.");

    private static readonly Counter<long> AuditConflicts =
        Meter.CreateCounter<long>("granary.llm.audit.conflicts", "{commit}", "Commits of records that another process overtook and that were made anew.");

    public static void AuditWritten(int records) => Audited.Add(records);

    public static void AuditDropped(string reason, int records) => AuditDrops.Add(records, new KeyValuePair<string, object?>("reason", reason));

    public static void AuditConflict() => AuditConflicts.Add(1);
}
