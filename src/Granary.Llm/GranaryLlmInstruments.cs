using System.Diagnostics.Metrics;

namespace Granary.Llm;

/// <summary>What the model layer measures, under the meter <c>Granary.Llm</c>.</summary>
internal static class GranaryLlmInstruments
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Granary.Llm";

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Calls = Meter.CreateHistogram<double>(
        "granary.llm.calls", "s", "Calls of providers until status and headers were there, repeats included, by provider, operation and outcome (a status or an error).");

    private static readonly Counter<long> Repeats =
        Meter.CreateCounter<long>("granary.llm.repeats", "{call}", "Calls of providers that were repeated, by provider and reason.");

    private static readonly Counter<long> Circuits =
        Meter.CreateCounter<long>("granary.llm.circuits", "{change}", "Changes of a provider's circuit, by provider and state: open, half_open or closed.");

    private static readonly Counter<long> Fallbacks =
        Meter.CreateCounter<long>("granary.llm.fallbacks", "{call}", "Calls that went on to the next provider, by the provider that failed.");

    private static readonly Counter<long> Summaries =
        Meter.CreateCounter<long>("granary.llm.summaries", "{summary}", "Summaries, by model and outcome: model, or the reason why extraction made it.");

    private static readonly Counter<long> Embeddings =
        Meter.CreateCounter<long>("granary.llm.embeddings", "{text}", "Texts whose vectors were asked for, by model and source: model, cache, shared or failed.");

    private static readonly Counter<long> Extractions =
        Meter.CreateCounter<long>("granary.llm.extractions", "{answer}", "Structured answers, by outcome: model, or the reason of the fallback.");

    private static readonly Counter<long> Reflections = Meter.CreateCounter<long>(
        "granary.llm.reflections", "{answer}", "Reflections, reconciliations and syntheses, by model, task and outcome: model, or the reason why it was done without one.");

    private static readonly Histogram<double> Tools =
        Meter.CreateHistogram<double>("granary.llm.tools", "s", "Tool calls of models, by outcome: ok, error or timeout.");

    private static readonly Counter<long> Audited =
        Meter.CreateCounter<long>("granary.llm.audit.written", "{record}", "Records of calls that were stored.");

    private static readonly Counter<long> AuditDrops =
        Meter.CreateCounter<long>("granary.llm.audit.dropped", "{record}", "Records of calls that will not be stored, by reason: full, invalid, erased or stopped.");

    private static readonly Counter<long> AuditConflicts =
        Meter.CreateCounter<long>("granary.llm.audit.conflicts", "{commit}", "Commits of records that another process overtook and that were made anew.");

    public static void Called(string provider, string operation, string outcome, TimeSpan time) =>
        Calls.Record(time.TotalSeconds, new("provider", provider), new("operation", operation), new("outcome", outcome));

    public static void Repeated(string provider, string reason) => Repeats.Add(1, new("provider", provider), new("reason", reason));

    public static void CircuitChanged(string provider, string state) => Circuits.Add(1, new("provider", provider), new("state", state));

    public static void FellBack(string provider) => Fallbacks.Add(1, new KeyValuePair<string, object?>("provider", provider));

    public static void Summarized(string model, string outcome) => Summaries.Add(1, new("model", model), new("outcome", outcome));

    public static void Reflected(string model, string task, string outcome) => Reflections.Add(1, new("model", model), new("task", task), new("outcome", outcome));

    public static void Embedded(string model, string source, int texts)
    {
        if (texts > 0)
        {
            Embeddings.Add(texts, new("model", model), new("source", source));
        }
    }

    public static void ToolCalled(string outcome, TimeSpan time) => Tools.Record(time.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));

    public static void Extracted(string outcome) => Extractions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void AuditWritten(int records) => Audited.Add(records);

    public static void AuditDropped(string reason, int records) => AuditDrops.Add(records, new KeyValuePair<string, object?>("reason", reason));

    public static void AuditConflict() => AuditConflicts.Add(1);
}
