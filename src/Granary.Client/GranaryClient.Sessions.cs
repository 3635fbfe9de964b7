using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    /// <summary>Starts or restores a session.</summary>
    /// <param name="request">
    /// What to start; null for a new session. Where it names neither a session nor key values, the client picks the id, so that the call is
    /// safe to repeat.
    /// </param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ConflictException">The session exists while <see cref="StartSessionRequest.Restore"/> is false.</exception>
    public async Task<Tagged<StartSessionResponse>> StartSessionAsync(
        StartSessionRequest? request = null, CancellationToken cancellationToken = default)
    {
        request ??= new StartSessionRequest();
        var fresh = request.SessionId is null && request.KeyValues is null;
        if (fresh)
            request = request with { SessionId = Ids.New(_transport.Time), Restore = true };
        var call = Post("sessions/start", request, ClientJson.Write.StartSessionRequest, fresh ? Repeat.Always : Repeat.IfNotRun, request.UserId);
        var started = await _transport.SendAsync(
            call, (response, token) => ReadTaggedAsync(response, ClientJson.Read.StartSessionResponse, token), cancellationToken).ConfigureAwait(false);

        // Nobody else has a fresh id: what a repeat found is what the first attempt made.
        return fresh && started.Value.Restored ? started with { Value = started.Value with { Restored = false } } : started;
    }

    /// <summary>Ends a session: it is summarized and takes no more messages. Ending an ended session changes nothing.</summary>
    public Task<EndSessionResponse> EndSessionAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Post(
                "sessions/end",
                new EndSessionRequest { SessionId = Ids.Require(sessionId, "session_id") },
                ClientJson.Write.EndSessionRequest,
                Repeat.Always),
            ClientJson.Read.EndSessionResponse,
            cancellationToken);

    /// <summary>Appends messages, all or none; the answer means that they are durable. Creates the session if it does not exist.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="request">
    /// The messages. Without an <see cref="AppendRequest.IdempotencyKey"/> one is made; after an <see cref="UnavailableException"/> it is in
    /// <see cref="MemoryExceptionExtensions.GetIdempotencyKey"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the call. The messages may still be stored.</param>
    /// <returns>Id and sequence of each message. <see cref="AppendResult.Turn"/> is not sent over HTTP and stays 0.</returns>
    /// <exception cref="ConflictException">The session is completed, or the key came before with other content.</exception>
    /// <exception cref="PreconditionFailedException"><see cref="AppendRequest.IfMatch"/> does not hold.</exception>
    public Task<AppendResult> AppendAsync(string sessionId, AppendRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var body = new AppendMessagesRequest
        {
            AgentId = request.AgentId,
            Resource = request.Resource,
            Messages = request.Messages,
            Supersedes = request.Supersedes,
        };
        var call = Post(SessionPath(sessionId, "/messages"), body, ClientJson.Write.AppendMessagesRequest, Repeat.Always) with
        {
            IdempotencyKey = KeyOrNew(request.IdempotencyKey),
            IfMatch = RequireETag(request.IfMatch, "If-Match"),
        };
        return _transport.SendAsync(
            call,
            async (response, token) =>
                await Transport.ReadJsonAsync(response, ClientJson.Read.AppendResult, token).ConfigureAwait(false) with
                {
                    ETag = ETagOf(response) ?? "",
                    Repeated = WasReplayed(response),
                },
            cancellationToken);
    }

    /// <summary>A page of a session's history, folded or not.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="from">The first sequence, 1 or more.</param>
    /// <param name="limit">How many at the most, 1 to <see cref="MessageLimits.MaxPage"/>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<MessagePage> GetMessagesAsync(string sessionId, long from = 1, int limit = 100, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get(SessionPath(sessionId, string.Create(CultureInfo.InvariantCulture, $"/messages?from={from}&limit={limit}"))),
            ClientJson.Read.MessagePage,
            cancellationToken);

    /// <summary>A session's history from a sequence to its end, page by page.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="from">The first sequence, 1 or more.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<Message> ReadMessagesAsync(
        string sessionId, long from = 1, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long? next = from; next is { } start;)
        {
            var page = await GetMessagesAsync(sessionId, start, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var message in page.Messages)
                yield return message;
            next = page.Next;
        }
    }

    /// <summary>A page of the user's sessions, the youngest first.</summary>
    public Task<SessionsResponse> ListSessionsAsync(SessionQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= new SessionQuery();
        var path = string.Create(CultureInfo.InvariantCulture, $"sessions?limit={query.Limit}");
        if (query.After is not null)
            path += "&after=" + Uri.EscapeDataString(query.After);
        if (query.AgentId is not null)
            path += "&agent_id=" + Uri.EscapeDataString(query.AgentId);
        if (query.Status is { } status)
            path += status == SessionStatus.Active ? "&status=active" : "&status=completed";
        return _transport.SendAsync(Get(path), ClientJson.Read.SessionsResponse, cancellationToken);
    }

    /// <summary>All of the user's sessions, the youngest first, page by page.</summary>
    /// <param name="query">Which; its limit is the size of a page.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<SessionListing> ReadSessionsAsync(
        SessionQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        query ??= new SessionQuery();
        while (true)
        {
            var page = await ListSessionsAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var session in page.Sessions)
                yield return session;
            if (page.Next is null)
                yield break;
            query = query with { After = page.Next };
        }
    }

    /// <summary>A session's state, its ETag included.</summary>
    public Task<SessionInfo> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get(SessionPath(sessionId)), ClientJson.Read.SessionInfo, cancellationToken);

    /// <summary>A session's state, or null if its ETag is still the one given.</summary>
    public Task<SessionInfo?> GetSessionIfChangedAsync(string sessionId, string etag, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        var call = Get(SessionPath(sessionId)) with
        {
            IfNoneMatch = RequireETag(etag, "If-None-Match"),
            AlsoAnswers = HttpStatusCode.NotModified,
        };
        return _transport.SendAsync(
            call,
            async (response, token) => response.StatusCode == HttpStatusCode.NotModified
                ? null
                : await Transport.ReadJsonAsync(response, ClientJson.Read.SessionInfo, token).ConfigureAwait(false),
            cancellationToken);
    }

    /// <summary>Erases a session for good, also from the user's list.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="ifMatch">The ETag that the session must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="PreconditionFailedException"><paramref name="ifMatch"/> does not hold.</exception>
    public Task DeleteSessionAsync(string sessionId, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Delete(SessionPath(sessionId), ifMatch), NothingAsync, cancellationToken);

    /// <summary>Whether a session's memory works as its resource says.</summary>
    public Task<SessionHealth> GetSessionHealthAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get(SessionPath(sessionId, "/health")), ClientJson.Read.SessionHealth, cancellationToken);

    /// <summary>Compacts a session now.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="options">How; null: as its resource says, if the trigger is reached.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<CompactResult> CompactAsync(string sessionId, CompactOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new CompactOptions();
        var body = new CompactRequest
        {
            Force = options.Force,
            DryRun = options.DryRun,
            Strategy = options.Strategy,
            Threshold = options.Threshold,
        };
        return _transport.SendAsync(
            Post(
                SessionPath(sessionId, "/compact"),
                body,
                ClientJson.Write.CompactRequest,
                options.DryRun ? Repeat.Always : Repeat.IfNotRun),
            ClientJson.Read.CompactResult,
            cancellationToken);
    }

    /// <summary>Empties a session's context; its history stays.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="confirm">Must be true.</param>
    /// <param name="ifMatch">The ETag that the session must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="InvalidRequestException"><paramref name="confirm"/> is false.</exception>
    /// <exception cref="PreconditionFailedException"><paramref name="ifMatch"/> does not hold.</exception>
    public Task<ClearResult> ClearAsync(string sessionId, bool confirm, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Post(SessionPath(sessionId, "/clear"), new ClearRequest { Confirm = confirm }, ClientJson.Write.ClearRequest, Repeat.IfNotRun) with
            {
                IfMatch = RequireETag(ifMatch, "If-Match"),
            },
            ClientJson.Read.ClearResult,
            cancellationToken);

    /// <summary>A session as it was seen in a compaction epoch.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<EpochView> GetEpochAsync(string sessionId, int epoch, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get(SessionPath(sessionId, string.Create(CultureInfo.InvariantCulture, $"/epochs/{epoch}"))),
            ClientJson.Read.EpochView,
            cancellationToken);

    private ApiCall Delete(string path, string? ifMatch) => new(HttpMethod.Delete, path)
    {
        // A condition that held for an attempt whose answer was lost does not hold for its repeat.
        Repeat = ifMatch is null ? Repeat.Always : Repeat.IfNotRun,
        IfMatch = RequireETag(ifMatch, "If-Match"),
        Tenant = _tenant,
        User = _user,
    };
}
