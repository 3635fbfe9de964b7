using System.Globalization;
using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Identity;
using Granary.Http.Limits;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Granary.Http.Events;

/// <summary>
/// <c>GET /sessions/{session_id}/events</c>: the session's messages as they come, in order and without gaps. The feed reads them from the
/// history, page by page, so that it needs no queue: however slow its reader, it holds one page.
/// </summary>
internal sealed partial class SessionEventsEndpoint(
    IMemoryCluster cluster,
    RequestIdentity identity,
    RequestLimits limits,
    IOptions<GranaryHttpOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<SessionEventsEndpoint> logger)
{
    private const int PageSize = 20;

    private readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(options.Value.EventHeartbeatSeconds);

    public void Map(RouteTable routes) => routes.GetStream("/sessions/{session_id}/events", GranaryScope.User, InvokeAsync, new RouteDescription("Sessions", "Follow a session")
    {
        Details = "Server-sent events: session (how far it has come; first, and after each change of epoch or status), message (its id is its sequence), "
            + "ended (no message follows), deleted (the feed ends). Messages after Last-Event-ID come first, all of them where there is none. "
            + "A comment every 15 seconds keeps the connection open.",
        Parameters =
        [
            RouteParameter.User,
            RouteParameter.Query<string>("user_id", "The user, for clients that cannot send headers."),
            new RouteParameter("Last-Event-ID", true, typeof(long), "The last sequence that the caller has seen."),
            RouteParameter.Query<long>("last_event_id", "The same, for clients that cannot send headers; the header wins."),
        ],
        Answers = [new RouteAnswer(200, typeof(string), "The feed.") { ContentType = "text/event-stream" }],
        Problems = [403, 404, 410, 503],
    }, new UncountedRequest());

    private async Task InvokeAsync(HttpContext context)
    {
        var user = RequestValues.Query(context.Request, "user_id");
        var session = cluster.Session(identity.Session(context, RequestValues.Route(context, "session_id"), user));
        var after = LastEventId(context.Request);
        limits.EnterEventStream();
        GranaryHttpInstruments.EventStreams.Add(1);
        try
        {
            // Before the feed begins, so that an unknown or erased session is an ordinary problem.
            var info = await session.GetInfoAsync(context.RequestAborted);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            var feed = await BeginAsync(context, stop.Token);
            await FollowAsync(feed, session, info, after, stop.Token);
        }
        catch (OperationCanceledException) when (context.Response.HasStarted)
        {
            // The reader has gone, or the service stops: the reader comes back with the last id it has seen.
        }
        catch (UnavailableException error) when (context.Response.HasStarted)
        {
            LogInterrupted(logger, error, session.Key.Session);
        }
        finally
        {
            GranaryHttpInstruments.EventStreams.Add(-1);
            limits.LeaveEventStream();
        }
    }

    private static async Task<EventFeed> BeginAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var feed = new EventFeed(response.BodyWriter);
        await feed.BeginAsync(cancellationToken);
        return feed;
    }

    private async Task FollowAsync(EventFeed feed, ISessionMemory session, SessionInfo info, long after, CancellationToken cancellationToken)
    {
        var now = new SessionChange(info.LastSequence, info.Epoch, info.Status);

        // An id from before the session was erased and made again is ahead of it: there is nothing to catch up with.
        var sent = Math.Min(after, now.LastSequence);
        var reader = await feed.SessionAsync(SessionEventKind.Session, DataOf(session, now), cancellationToken);
        var endedSent = false;
        try
        {
            while (reader)
            {
                (reader, sent) = await SendMessagesAsync(feed, session, sent, now.LastSequence, cancellationToken);
                if (now.Status == SessionStatus.Completed && !endedSent)
                {
                    endedSent = true;
                    reader = await feed.SessionAsync(SessionEventKind.Ended, DataOf(session, now), cancellationToken);
                }

                var seen = now;
                now = await session.WaitForChangeAsync(seen, _heartbeat, cancellationToken);
                if (now == seen)
                {
                    reader = await feed.HeartbeatAsync(cancellationToken);
                }
                else if (now.Epoch != seen.Epoch || now.Status != seen.Status)
                {
                    reader = await feed.SessionAsync(SessionEventKind.Session, DataOf(session, now), cancellationToken);
                }
            }
        }
        catch (Exception error) when (error is ErasedException or NotFoundException)
        {
            await feed.SessionAsync(SessionEventKind.Deleted, DataOf(session, now), cancellationToken);
        }
    }

    private static async Task<(bool Reader, long Sent)> SendMessagesAsync(
        EventFeed feed, ISessionMemory session, long sent, long last, CancellationToken cancellationToken)
    {
        while (sent < last)
        {
            var page = await session.GetMessagesAsync(sent + 1, PageSize, cancellationToken);
            if (page.Messages.Count == 0)
            {
                break;
            }

            foreach (var message in page.Messages)
            {
                if (!await feed.MessageAsync(message, cancellationToken))
                {
                    return (false, sent);
                }

                sent = message.Sequence;
            }
        }

        return (true, sent);
    }

    private static SessionEventData DataOf(ISessionMemory session, SessionChange now) => new(session.Key.Session, now.Status, now.Epoch, now.LastSequence);

    private static long LastEventId(HttpRequest request)
    {
        var (name, text) = RequestValues.Header(request, "Last-Event-ID") is { Length: > 0 } header
            ? ("Last-Event-ID", header)
            : ("last_event_id", RequestValues.Query(request, "last_event_id"));
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new InvalidRequestException(name, "must be a sequence: a whole number of 0 or more");
    }

    [LoggerMessage(30, LogLevel.Warning, "The event feed of session {SessionId} was interrupted; its reader will come back")]
    private static partial void LogInterrupted(ILogger logger, Exception error, string sessionId);
}
