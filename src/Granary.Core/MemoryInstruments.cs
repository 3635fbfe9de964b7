using System.Diagnostics.Metrics;
using Granary.Core.Transcripts;

namespace Granary.Core;

/// <summary>What the engine measures, under the meter <c>Granary.Core</c>.</summary>
internal static class MemoryInstruments
{
    private static readonly Meter Meter = new("Granary.Core");

    private static readonly Counter<long> Messages =
        Meter.CreateCounter<long>("granary.memory.messages", "{message}", "Messages stored.");

    private static readonly Counter<long> Tokens =
        Meter.CreateCounter<long>("granary.memory.tokens", "{token}", "Tokens of the messages stored, estimated.");

    private static readonly Counter<long> Repeats =
        Meter.CreateCounter<long>("granary.memory.repeats", "{append}", "Appends that were recognised as repeats.");

    private static readonly Counter<long> Redacted =
        Meter.CreateCounter<long>("granary.memory.redacted", "{message}", "Messages stored with something replaced by the redaction string.");

    private static readonly Counter<long> Compactions =
        Meter.CreateCounter<long>("granary.memory.compactions", "{compaction}", "Compactions, by strategy and outcome: applied, superseded or failed.");

    private static readonly Counter<long> Folded =
        Meter.CreateCounter<long>("granary.memory.folded", "{message}", "Messages folded.");

    private static readonly Counter<long> Lost =
        Meter.CreateCounter<long>("granary.memory.activations_lost", "{activation}", "Activations given up because a commit failed or was refused.");

    private static readonly Counter<long> Reflections = Meter.CreateCounter<long>(
        "granary.memory.reflections", "{reflection}", "Reflections, by step (chunk, reflect, rest or end) and outcome: applied, superseded or failed.");

    private static readonly Counter<long> Learned =
        Meter.CreateCounter<long>("granary.memory.learned", "{change}", "Changes of users' memories that reflections brought.");

    private static readonly Counter<long> NotLearned =
        Meter.CreateCounter<long>("granary.memory.not_learned", "{statement}", "Insights and facts that were found and left out: more than may be, or of a category that is not kept.");

    public static void Appended(TranscriptEntry[] entries)
    {
        Messages.Add(entries.Length);
        foreach (var entry in entries)
        {
            Tokens.Add(entry.Tokens);
            if (entry.Message.Redacted)
            {
                Redacted.Add(1);
            }
        }
    }

    public static void Repeated() => Repeats.Add(1);

    public static void Compacted(string strategy, string outcome, int folded)
    {
        Compactions.Add(1, new KeyValuePair<string, object?>("strategy", strategy), new KeyValuePair<string, object?>("outcome", outcome));
        Folded.Add(folded);
    }

    public static void Reflected(string step, string outcome, int changes)
    {
        Reflections.Add(1, new KeyValuePair<string, object?>("step", step), new KeyValuePair<string, object?>("outcome", outcome));
        Learned.Add(changes);
    }

    public static void LeftOut(int statements) => NotLearned.Add(statements);

    public static void ActivationLost() => Lost.Add(1);
}
