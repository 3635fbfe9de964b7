using System.Security.Cryptography;
using System.Text;

namespace Granary.Core.Reflection;

/// <summary>
/// Makes the profile of what is known about a user for an agent, and for each category of insights one insight that says what they have in common. Each
/// has an id of its own that follows from what it is about, so that it is replaced by the next and two that are made at once are one.
/// </summary>
internal static class MemorySynthesis
{
    /// <summary>Insights that a pattern needs (memory service, long-term synthesis).</summary>
    public const int LeastInsights = 3;

    /// <summary>Why a synthesized record changes, for its history.</summary>
    public const string Reason = "Synthesis of what is known.";

    private const string ProfilePrefix = "longterm-";
    private const string PatternPrefix = "pattern-";

    /// <summary>Ids of inputs that a record names.</summary>
    private const int MaxInputs = 100;

    /// <summary>Whether a record was made of others and says so still: what a caller wrote in its place is the caller's.</summary>
    public static bool IsSynthesized(MemoryRecord record) => record.Origin == MemoryOrigin.Synthesized;

    /// <summary>Whether a record of an id may be synthesized: all that are have such ids, and callers may give them too.</summary>
    public static bool MayBeSynthesized(string? id) =>
        id is not null && (id.StartsWith(ProfilePrefix, StringComparison.Ordinal) || id.StartsWith(PatternPrefix, StringComparison.Ordinal));

    /// <summary>The id of a user's profile for an agent.</summary>
    public static string ProfileId(string user, string agent)
    {
        var id = $"{ProfilePrefix}{agent}-{user}";
        return id.Length <= 128 ? id : ProfilePrefix + Hash($"{agent}\n{user}");
    }

    /// <summary>The id of what the insights of a category have in common.</summary>
    public static string PatternId(string agent, string category) => PatternPrefix + Hash($"{agent}\n{category}");

    /// <summary>Makes what is to be made.</summary>
    /// <param name="profiler">Writes.</param>
    /// <param name="user">The user.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="known">The insights and facts of the agent that hold now, the youngest first, without synthesized ones.</param>
    /// <param name="find">Finds an active record by its id.</param>
    /// <param name="always">Also what nothing is new for since it was last made.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The drafts, with their ids: the patterns, then the profile.</returns>
    public static async Task<List<MemoryDraft>> MakeAsync(
        IProfiler profiler, UserKey user, SynthesisRequest request, IReadOnlyList<MemoryRecord> known, Func<string, Task<MemoryRecord?>> find, bool always,
        CancellationToken cancellationToken)
    {
        var agent = request.AgentId ?? Ids.DefaultAgent;
        var made = new List<MemoryDraft>();
        foreach (var group in known.Where(record => record.Kind == MemoryKind.Insight && record.Category is not null).GroupBy(record => record.Category!))
        {
            var (insights, id) = (group.ToList(), PatternId(agent, group.Key));
            if (insights.Count < LeastInsights || (request.Category ?? group.Key) != group.Key)
            {
                continue;
            }

            if (always || insights.Exists(insight => !insight.Processed) || await find(id).ConfigureAwait(false) is null)
            {
                var pattern = await profiler.FindPatternAsync(insights, group.Key, cancellationToken).ConfigureAwait(false);
                Add(MemoryKind.Insight, id, pattern, insights, group.Key);
            }
        }

        var profileId = ProfileId(user.User, agent);
        if (request.Category is null && known.Count > 0)
        {
            var previous = await find(profileId).ConfigureAwait(false);
            if (always || previous is null || known.Any(record => !record.Processed))
            {
                Add(MemoryKind.Profile, profileId, await profiler.WriteProfileAsync(known, previous?.Content, cancellationToken).ConfigureAwait(false), known, category: null);
            }
        }

        return made;

        void Add(MemoryKind kind, string id, SynthesizedText text, IReadOnlyList<MemoryRecord> inputs, string? category)
        {
            if (!string.IsNullOrWhiteSpace(text.Text))
            {
                made.Add(DraftOf(kind, agent, text, inputs) with { Id = id, Category = category });
            }
        }
    }

    private static MemoryDraft DraftOf(MemoryKind kind, string agent, SynthesizedText text, IReadOnlyList<MemoryRecord> inputs)
    {
        var sources = inputs.SelectMany(record => record.Sources).Select(source => source.SessionId).Distinct().Take(MemoryLimits.MaxSources);
        return new MemoryDraft
        {
            Kind = kind,
            AgentId = agent,
            Content = text.Text,
            Confidence = Math.Clamp(text.Confidence, 0, 1),
            Importance = MemoryImportance.High,
            Sources = [.. sources.Select(session => new MemorySource(session))],
            Metadata = LearnedChanges.Metadata(text.Deterministic, text.Fallback, topics: null, synthesizedFrom: [.. inputs.Select(record => record.Id).Take(MaxInputs)]),
        };
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
}
