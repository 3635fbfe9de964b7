using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Granary.Core.Privacy;

namespace Granary.Core.Reflection;

/// <summary>What a stretch of a session brought.</summary>
/// <param name="Reflection">What was found.</param>
/// <param name="Changes">What that changes in the user's memory.</param>
/// <param name="Insights">Insights among them that are added or changed.</param>
internal sealed record LearnedStretch(SessionReflection Reflection, IReadOnlyList<LearnedChange> Changes, int Insights);

/// <summary>Makes changes of a user's memory of what was found.</summary>
internal static class LearnedChanges
{
    /// <summary>Changes of one notice, so that the user decides on few at once: what a reflection brings may take several.</summary>
    public const int MaxPerNotice = 24;

    private const int MaxReasonLength = 300;

    private const int MaxCited = 8;

    /// <summary>Statements that are in order: with a text, of a known category, each once.</summary>
    /// <param name="learned">What was found.</param>
    /// <param name="options">What is kept.</param>
    /// <param name="refused">Those that say something and are left out.</param>
    public static List<LearnedStatement> Checked(IReadOnlyList<LearnedStatement> learned, ReflectionOptions options, out int refused)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var kept = new List<LearnedStatement>();
        refused = 0;
        foreach (var statement in learned)
        {
            var text = Clip(InjectedText.Strip(statement.Text).Trim(), LearnedStatement.MaxLength);
            if (text.Length == 0 || !known.Add(StatementReader.Key(text)))
            {
                continue;
            }

            var isInsight = statement.Kind == MemoryKind.Insight;
            if (kept.Count == options.MaxLearned
                || statement.Kind is not (MemoryKind.Insight or MemoryKind.Fact)
                || (isInsight && !(statement.Category is { } category && options.Categories.Contains(category))))
            {
                refused++;
                continue;
            }

            kept.Add(statement with
            {
                Text = text,
                Category = isInsight ? statement.Category : null,
                Confidence = double.IsNaN(statement.Confidence) ? 0.5 : Math.Clamp(statement.Confidence, 0, 1),
            });
        }

        return kept;
    }

    /// <summary>The changes of a reflection.</summary>
    public static LearnedStretch Of(
        string session, string agent, MemorySource stretch, SessionReflection found, Reconciliation reconciled, IReadOnlyList<MemoryRecord> known, Redactor redactor)
    {
        var metadata = Metadata(found.Deterministic, found.Fallback ?? reconciled.Fallback, topics: null);
        var origin = OriginOf(found.Deterministic);
        var changes = new List<LearnedChange>();
        var touched = new Dictionary<string, MemoryEvent>(StringComparer.Ordinal);
        var insights = 0;
        foreach (var action in reconciled.Actions)
        {
            var reason = Clip(redactor.RedactText(action.Reason), MaxReasonLength);
            var isFirst = action.Target is { } meant && touched.TryAdd(meant.Id, action.Event);
            switch (action)
            {
                case { Event: MemoryEvent.Update, Statement: { } changed, Target: { } target } when isFirst:
                    changes.Add(new LearnedChange { Event = MemoryEvent.Update, MemoryId = target.Id, Revision = target.Revision, Draft = DraftOf(changed) with { Kind = target.Kind }, Origin = origin, Reason = reason });
                    insights += target.Kind == MemoryKind.Insight ? 1 : 0;
                    break;
                case { Event: MemoryEvent.None, Target: { } target } when isFirst:
                    changes.Add(new LearnedChange { Event = MemoryEvent.None, MemoryId = target.Id, Revision = target.Revision, Reason = reason, Draft = action.Statement is { } again ? DraftOf(again) : null, Origin = origin });
                    break;
                case { Event: MemoryEvent.None, Target: { } target } when touched[target.Id] == MemoryEvent.None:
                    break;
                case { Event: MemoryEvent.Delete, Statement: null, Target: { } target }:
                    if (isFirst)
                    {
                        changes.Add(new LearnedChange { Event = MemoryEvent.Delete, MemoryId = target.Id, Revision = target.Revision, Reason = reason });
                    }

                    break;

                // Also where the memory that it was to change, or that says it already, is changed or deleted by another action: nothing that was said is lost.
                case { Statement: { } added }:
                    changes.Add(new LearnedChange { Event = MemoryEvent.Add, Draft = DraftOf(added), Origin = origin, Reason = reason });
                    insights += added.Kind == MemoryKind.Insight ? 1 : 0;
                    break;
            }
        }

        foreach (var cited in found.Cited.Where(id => known.Any(record => record.Id == id) && touched.TryAdd(id, MemoryEvent.None)).Take(MaxCited))
        {
            changes.Add(new LearnedChange { Event = MemoryEvent.None, MemoryId = cited });
        }

        return new LearnedStretch(found, changes, insights);

        MemoryDraft DraftOf(LearnedStatement statement) => new()
        {
            Kind = statement.Kind,
            AgentId = agent,
            Content = redactor.RedactText(statement.Text),
            Category = statement.Category,
            Confidence = statement.Confidence,
            Importance = statement.Importance,
            EventTime = statement.EventTime is { Year: > 1900 and < 2199 } ? statement.EventTime : null,
            Metadata = metadata,
            Sources = [statement.Sequence is { } sequence && sequence >= stretch.FirstSequence && sequence <= stretch.LastSequence ? new MemorySource(session, sequence, sequence) : stretch],
        };
    }

    /// <summary>The same, where it takes too much at once: all that was said as additions, without what it means for what is known.</summary>
    public static IReadOnlyList<LearnedChange> AdditionsOf(IReadOnlyList<LearnedChange> changes) =>
    [
        .. changes.Where(change => change.Draft is not null)
            .Select(change => change.Event == MemoryEvent.Add ? change : new LearnedChange { Event = MemoryEvent.Add, Draft = change.Draft, Reason = change.Reason }),
    ];

    /// <summary>The session in words: one record for each session, replaced by the next.</summary>
    public static LearnedChange SummaryOf(string session, string incarnation, string agent, SessionReflection found) =>
        SummaryOf(session, incarnation, agent, found.Summary, found.Topics, found.Deterministic, found.Fallback);

    /// <inheritdoc cref="SummaryOf(string, string, string, SessionReflection)"/>
    public static LearnedChange SummaryOf(
        string session, string incarnation, string agent, string summary, IReadOnlyList<string> topics, bool deterministic, string? fallback) => new()
    {
        Event = MemoryEvent.Add,
        MemoryId = "sum_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{session}\n{incarnation}")).AsSpan(0, 12)),
        Upsert = true,
        Origin = OriginOf(deterministic),
        Draft = new MemoryDraft
        {
            Kind = MemoryKind.Summary,
            AgentId = agent,
            Content = summary,
            Metadata = Metadata(deterministic, fallback, topics),
            Sources = [new MemorySource(session)],
        },
        Reason = "The session so far.",
    };

    /// <summary>A stretch of the session in words.</summary>
    public static LearnedChange InteractionOf(
        string session, string agent, MemorySource source, string summary, IReadOnlyList<string> topics, DateTimeOffset? said, bool deterministic, string? fallback) => new()
    {
        Event = MemoryEvent.Add,
        Origin = OriginOf(deterministic),
        Draft = new MemoryDraft
        {
            Kind = MemoryKind.Interaction,
            AgentId = agent,
            Content = summary,
            EventTime = said is { Year: > 1900 and < 2199 } ? said : null,
            Metadata = Metadata(deterministic, fallback, topics),
            Sources = [source],
        },
        Reason = $"Messages {source.FirstSequence} to {source.LastSequence} of the session.",
    };

    /// <summary>What a record says of how it was made.</summary>
    public static JsonElement Metadata(bool deterministic, string? fallback, IReadOnlyList<string>? topics, IReadOnlyList<string>? synthesizedFrom = null)
    {
        var output = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("deterministic"u8, deterministic);
            if (fallback is not null)
            {
                writer.WriteString("fallback"u8, Clip(fallback, MaxReasonLength));
            }

            if (topics is { Count: > 0 })
            {
                writer.WriteStartArray("topics"u8);
                foreach (var topic in topics)
                {
                    writer.WriteStringValue(topic);
                }

                writer.WriteEndArray();
            }

            if (synthesizedFrom is not null)
            {
                writer.WriteBoolean("synthesized"u8, true);
                writer.WriteStartArray("source_insight_ids"u8);
                foreach (var id in synthesizedFrom)
                {
                    writer.WriteStringValue(id);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);
    }

    /// <summary>The metadata of a record that says something else now: as they were, but for what they say of how its text was made.</summary>
    public static JsonElement? Reworded(JsonElement? before, JsonElement? made)
    {
        if (before is not { ValueKind: JsonValueKind.Object } old || made is not { ValueKind: JsonValueKind.Object } now)
        {
            return before ?? made;
        }

        var output = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            foreach (var member in old.EnumerateObject().Where(member => !IsOfMaking(member.Name)).Concat(now.EnumerateObject().Where(member => IsOfMaking(member.Name))))
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);

        static bool IsOfMaking(string name) => name is "deterministic" or "fallback";
    }

    private static MemoryOrigin OriginOf(bool deterministic) => deterministic ? MemoryOrigin.Repeated : MemoryOrigin.Learned;

    private static string Clip(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)].TrimEnd();
}
