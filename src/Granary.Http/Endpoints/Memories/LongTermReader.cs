using Granary.Core.Users.Records;
using Granary.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Granary.Http.Endpoints.Memories;

/// <summary>Reads what is known of a user from before a session. It never fails a call.</summary>
internal sealed partial class LongTermReader(IMemoryCluster cluster, TimeProvider time, IOptions<GranaryHttpOptions> options, ILogger<LongTermReader> logger)
{
    /// <summary>Insights that stand in for a profile.</summary>
    public const int MaxInsights = 20;

    /// <summary>Insights among which those are chosen.</summary>
    private const int MaxRead = 500;

    /// <summary>Sessions among which the ones that ended last are chosen: they are listed by their start.</summary>
    private const int MaxSessions = 50;

    /// <summary>Reads.</summary>
    /// <param name="session">The session, which is itself left out.</param>
    /// <param name="agent">Its agent: what belongs to others is left out.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<LongTerm> ReadAsync(SessionKey session, string agent, CancellationToken cancellationToken)
    {
        try
        {
            var user = cluster.User(session.Owner);
            var known = ReadInsightsAsync(user, agent, cancellationToken);
            var sessions = user.ListSessionsAsync(
                new SessionQuery { AgentId = agent, Status = SessionStatus.Completed, Limit = MaxSessions }, cancellationToken);
            await Task.WhenAll(known, sessions).WaitAsync(TimeSpan.FromSeconds(options.Value.LongTermTimeoutSeconds), time, cancellationToken);
            return new LongTerm(await known, SummariesOf((await sessions).Sessions, session.Session));
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnreadable(logger, error, session.Session);
            return new LongTerm([], [], error switch
            {
                MemoryException known => known.Message,
                TimeoutException => "The user's memory could not be read in time.",
                _ => "The user's memory could not be read.",
            });
        }
    }

    private async Task<IReadOnlyList<ContextInsight>> ReadInsightsAsync(IUserMemory user, string agent, CancellationToken cancellationToken)
    {
        // Asked for on its own: any number of insights may be younger.
        var profiles = await ListAsync(MemoryKind.Profile, 1);
        return profiles.Count > 0 ? [ViewOf(profiles[0])] : InsightsOf(await ListAsync(MemoryKind.Insight, MaxRead));

        async Task<IReadOnlyList<MemoryRecord>> ListAsync(MemoryKind kind, int limit) => (await user.ListMemoriesAsync(
            new MemoryQuery { Filter = new MemoryFilter { AgentId = agent, Kinds = [kind] }, Limit = limit }, cancellationToken)).Memories;
    }

    private List<ContextInsight> InsightsOf(IReadOnlyList<MemoryRecord> records)
    {
        var now = time.GetUtcNow();
        return
        [
            .. records
                .Where(record => record.HoldsAt(now))
                .OrderByDescending(record => RetentionScore.Of(record, now))
                .Take(MaxInsights)
                .GroupBy(record => record.Category)
                .SelectMany(group => group)
                .Select(ViewOf),
        ];
    }

    private List<SessionSummaryView> SummariesOf(IReadOnlyList<SessionListing> sessions, string except) =>
    [
        .. sessions
            .Where(session => session.SessionId != except && session.CumulativeSummary.Length > 0)
            .OrderByDescending(session => session.EndTime ?? session.LastUpdated)
            .Take(options.Value.DefaultSummaries)
            .Select(session => new SessionSummaryView(session.SessionId, session.CumulativeSummary, session.EndTime ?? session.LastUpdated, session.Topics)),
    ];

    private static ContextInsight ViewOf(MemoryRecord record) => new(record.Content, "longterm", record.Category, record.Id);

    [LoggerMessage(30, LogLevel.Warning, "What is known of the user of session {Session} could not be read; the context goes without")]
    private static partial void LogUnreadable(ILogger logger, Exception error, string session);
}
