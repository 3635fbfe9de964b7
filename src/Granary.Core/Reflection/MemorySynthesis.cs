using System.Text.Json;

namespace Granary.Core.Reflection;

/// <summary>
/// Makes one insight, or the profile, of what is known about a user. Works from outside, over <see cref="IUserMemory"/>: whoever calls waits for the
/// model, the user's memory does not.
/// </summary>
/// <param name="profiler">Writes.</param>
public sealed class MemorySynthesis(IProfiler profiler)
{
    /// <summary>Insights that a pattern needs (memory service, long-term synthesis).</summary>
    public const int LeastInsights = 3;

    private static readonly MemoryKind[] Known = [MemoryKind.Insight, MemoryKind.Fact];

    /// <summary>Finds what a user's insights have in common and keeps it as one more insight of high importance.</summary>
    /// <param name="user">The user's memory.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="category">The category of the insights, or null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>What became of it; null if there are fewer than <see cref="LeastInsights"/> insights, or they have nothing in common.</returns>
    public async Task<MemoryOutcome?> FindPatternAsync(IUserMemory user, string agent, string? category, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        var insights = (await ListAsync(user, agent, [MemoryKind.Insight], category is null ? null : [category], cancellationToken).ConfigureAwait(false))
            .Where(record => !IsSynthesized(record)).ToList();
        if (insights.Count < LeastInsights)
        {
            return null;
        }

        var pattern = await profiler.FindPatternAsync(insights, category, cancellationToken).ConfigureAwait(false);
        return pattern.Text.Length == 0 ? null : await KeepAsync(
            user,
            DraftOf(MemoryKind.Insight, agent, pattern, insights) with { Category = category ?? "behavior_patterns", Importance = MemoryImportance.High },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the user's profile anew and keeps it in place of the one before.</summary>
    /// <param name="user">The user's memory.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>What became of it; null if nothing is known.</returns>
    public async Task<MemoryOutcome?> WriteProfileAsync(IUserMemory user, string agent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        var known = await ListAsync(user, agent, Known, categories: null, cancellationToken).ConfigureAwait(false);
        if (known.Count == 0)
        {
            return null;
        }

        var previous = (await ListAsync(user, agent, [MemoryKind.Profile], categories: null, cancellationToken).ConfigureAwait(false)).FirstOrDefault();
        var profile = await profiler.WriteProfileAsync(known, previous?.Content, cancellationToken).ConfigureAwait(false);
        if (profile.Text.Length == 0)
        {
            return null;
        }

        var draft = DraftOf(MemoryKind.Profile, agent, profile, known) with { Importance = MemoryImportance.High };
        if (previous is null)
        {
            return await KeepAsync(user, draft, cancellationToken).ConfigureAwait(false);
        }

        if (previous.Content == profile.Text)
        {
            return new MemoryOutcome(MemoryEvent.None, previous);
        }

        var patch = new MemoryPatch { Content = profile.Text, Confidence = profile.Confidence, Metadata = draft.Metadata, Reason = Reason, IfRevision = previous.Revision };
        return new MemoryOutcome(MemoryEvent.Update, await user.UpdateMemoryAsync(previous.Id, patch, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Why a synthesis changes a record, for its history.</summary>
    internal const string Reason = "Synthesis of what is known.";

    /// <summary>Whether a record was made of others.</summary>
    internal static bool IsSynthesized(MemoryRecord record) =>
        record.Metadata is { ValueKind: JsonValueKind.Object } metadata && metadata.TryGetProperty("synthesized", out var value) && value.ValueKind == JsonValueKind.True;

    private static async Task<IReadOnlyList<MemoryRecord>> ListAsync(
        IUserMemory user, string agent, IReadOnlyList<MemoryKind> kinds, IReadOnlyList<string>? categories, CancellationToken cancellationToken) =>
        (await user.ListMemoriesAsync(
            new MemoryQuery { Filter = new MemoryFilter { AgentId = agent, Kinds = kinds, Categories = categories }, Limit = MemoryLimits.MaxPage }, cancellationToken)
            .ConfigureAwait(false)).Memories;

    private static async Task<MemoryOutcome> KeepAsync(IUserMemory user, MemoryDraft draft, CancellationToken cancellationToken) =>
        (await user.RememberAsync(new RememberRequest([draft]), cancellationToken).ConfigureAwait(false)).Outcomes[0];

    private static MemoryDraft DraftOf(MemoryKind kind, string agent, SynthesizedText text, IReadOnlyList<MemoryRecord> memories)
    {
        var sources = memories.SelectMany(record => record.Sources).Select(source => source.SessionId).Distinct().Take(MemoryLimits.MaxSources);
        return new MemoryDraft
        {
            Kind = kind,
            AgentId = agent,
            Content = text.Text,
            Confidence = Math.Clamp(text.Confidence, 0, 1),
            Sources = [.. sources.Select(session => new MemorySource(session))],
            Metadata = LearnedChanges.Metadata(text.Deterministic, text.Fallback, topics: null, synthesizedFrom: [.. memories.Select(record => record.Id).Take(100)]),
        };
    }
}
