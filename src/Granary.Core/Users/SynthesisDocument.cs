using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Sessions.Documents;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

/// <summary>When what is known of a user is to be put together again, by agent. Immutable.</summary>
internal sealed record SynthesisDocument
{
    /// <summary>The id of the one document.</summary>
    public const string Id = "t";

    /// <summary>Agents that are kept; of more, those that are due the latest or have the fewest sessions are forgotten.</summary>
    private const int MaxAgents = 100;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    /// <summary>The agents for which something is counted or due.</summary>
    public IReadOnlyDictionary<string, AgentSynthesis> Agents { get; init; } = new Dictionary<string, AgentSynthesis>(StringComparer.Ordinal);

    /// <summary>When the first is due, or null.</summary>
    [JsonIgnore]
    public DateTimeOffset? Due => Agents.Values.Min(agent => agent.Due);

    /// <summary>An agent that is due, or null.</summary>
    public string? FindDue(DateTimeOffset now) => 
        Agents.Where(agent => agent.Value.Due <= now).OrderBy(agent => agent.Value.Due).Select(agent => agent.Key).FirstOrDefault();

    /// <summary>Counts a completed session.</summary>
    /// <param name="agent">Its agent.</param>
    /// <param name="sessions">How many make it due, 1 or more.</param>
    /// <param name="now">The time.</param>
    /// <param name="isDue">Whether this one did.</param>
    public SynthesisDocument Completed(string agent, int sessions, DateTimeOffset now, out bool isDue)
    {
        var state = Of(agent);
        isDue = state.Sessions + 1 >= sessions;
        return With(agent, isDue ? new AgentSynthesis { Due = now } : state with { Sessions = state.Sessions + 1 });
    }

    /// <summary>Makes an agent due.</summary>
    public SynthesisDocument DueAt(string agent, DateTimeOffset time) => With(agent, Of(agent) with { Due = time, Failures = 0 });

    /// <summary>Notes that what was due was made; what became due meanwhile stays.</summary>
    public SynthesisDocument Made(string agent, DateTimeOffset due) => Of(agent).Due == due ? With(agent, Of(agent) with { Due = null, Failures = 0 }) : this;

    /// <summary>Notes that it failed: it is due again, later each time.</summary>
    public SynthesisDocument Failed(string agent, DateTimeOffset now)
    {
        var state = Of(agent);
        var wait = TimeSpan.FromTicks(Math.Min(LongestRetry.Ticks, FirstRetry.Ticks << Math.Min(state.Failures, 16)));
        return With(agent, state with { Due = now + wait, Failures = state.Failures + 1 });
    }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Documents.SynthesisDocument);

    public static SynthesisDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, RecordJson.Documents.SynthesisDocument);

    private AgentSynthesis Of(string agent) => Agents.GetValueOrDefault(agent) ?? new AgentSynthesis();

    private SynthesisDocument With(string agent, AgentSynthesis state)
    {
        var agents = new Dictionary<string, AgentSynthesis>(Agents, StringComparer.Ordinal) { [agent] = state };
        if (state is { Sessions: 0, Due: null })
        {
            agents.Remove(agent);
        }

        return this with
        {
            Agents = agents.Count <= MaxAgents ? agents
                : agents.OrderBy(a => a.Value.Due ?? DateTimeOffset.MaxValue).ThenByDescending(a => a.Value.Sessions).Take(MaxAgents).ToDictionary(StringComparer.Ordinal),
        };
    }
}

/// <summary>One agent's part of it.</summary>
internal sealed record AgentSynthesis
{
    /// <summary>Sessions that were completed since it was last due.</summary>
    public int Sessions { get; init; }

    /// <summary>When it is due, or null.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>How often it failed since it was due.</summary>
    public int Failures { get; init; }
}
