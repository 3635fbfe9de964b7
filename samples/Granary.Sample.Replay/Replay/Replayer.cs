using System.Collections.Concurrent;
using Granary.Client;
using Granary.Sample.Replay.Console;
using Granary.Sample.Replay.Conversations;
using Granary.Wire;

namespace Granary.Sample.Replay.Replay;

/// <summary>Replays conversations as an agent would have them: start the session, and for each turn store it and fetch the next context.</summary>
internal sealed class Replayer(GranaryClient client, Latencies latencies)
{
    private readonly ConcurrentDictionary<(string User, string Session), SessionOutcome> _outcomes = new();
    private int _stored;
    private int _repeated;

    /// <summary>Appends stored by this run.</summary>
    public int Stored => _stored;

    /// <summary>Appends that the service had already.</summary>
    public int Repeated => _repeated;

    /// <summary>The session's outcome, once it was measured.</summary>
    public SessionOutcome Outcome(SessionScript script) => _outcomes[(script.UserId, script.SessionId)];

    /// <summary>Replays a session, turn after turn.</summary>
    /// <param name="script">The session.</param>
    /// <param name="progress">Called after each turn.</param>
    /// <param name="cancellationToken">Ends the replay.</param>
    public async Task ReplayAsync(SessionScript script, Action progress, CancellationToken cancellationToken)
    {
        var user = client.ForUser(script.UserId);
        var request = new StartSessionRequest { SessionId = script.SessionId };
        await latencies.MeasureAsync(() => user.StartSessionAsync(request, cancellationToken), _ => "start").ConfigureAwait(false);
        foreach (var turn in script.Appends)
        {
            var append = new AppendRequest { Messages = turn.Messages, IdempotencyKey = turn.IdempotencyKey };
            var result = await latencies.MeasureAsync(
                () => user.AppendAsync(script.SessionId, append, cancellationToken),
                stored => stored.Repeated ? "store (repeated)" : "store").ConfigureAwait(false);
            Interlocked.Increment(ref result.Repeated ? ref _repeated : ref _stored);
            await latencies.MeasureAsync(() => user.GetContextAsync(script.SessionId, cancellationToken: cancellationToken), _ => "context").ConfigureAwait(false);
            progress();
        }
    }

    /// <summary>Compacts a session on demand and keeps its sizes before and after.</summary>
    public async Task CompactAsync(string conversation, SessionScript script, CancellationToken cancellationToken)
    {
        var user = client.ForUser(script.UserId);
        var before = await user.GetSessionAsync(script.SessionId, cancellationToken).ConfigureAwait(false);
        var options = new CompactOptions { Force = true };
        var compacted = await latencies.MeasureAsync(() => user.CompactAsync(script.SessionId, options, cancellationToken), _ => "compact").ConfigureAwait(false);
        _outcomes[(script.UserId, script.SessionId)] = new SessionOutcome(
            conversation,
            script.UserId,
            script.SessionId,
            before.MessageCount,
            before.TurnCount,
            before.TotalTokens,
            before.TokenUsage.Used,
            compacted.TokenCount,
            compacted.Epoch);
    }
}
