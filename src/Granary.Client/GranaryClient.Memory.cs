using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    /// <summary>Stores a turn: what the user said and what the agent answered. The answer means that it is durable.</summary>
    /// <param name="sessionId">The session; created if it does not exist.</param>
    /// <param name="userMessage">What the user said.</param>
    /// <param name="agentMessage">What the agent answered.</param>
    /// <param name="cancellationToken">Ends the call. The turn may still be stored.</param>
    public Task<Tagged<StoreTurnResponse>> StoreTurnAsync(
        string sessionId, string userMessage, string agentMessage, CancellationToken cancellationToken = default) =>
        StoreTurnAsync(
            new StoreTurnRequest { SessionId = sessionId, UserMessage = userMessage, AgentMessage = agentMessage },
            cancellationToken: cancellationToken);

    /// <summary>Stores a turn. The answer means that it is durable.</summary>
    /// <param name="request">
    /// The turn. Without a <see cref="StoreTurnRequest.IdempotencyKey"/> one is made; after an <see cref="UnavailableException"/> it is in
    /// <see cref="MemoryExceptionExtensions.GetIdempotencyKey"/>.
    /// </param>
    /// <param name="ifMatch">The ETag that the session must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the call. The turn may still be stored.</param>
    /// <exception cref="ConflictException">The session is completed, or the key came before with other content.</exception>
    /// <exception cref="PreconditionFailedException"><paramref name="ifMatch"/> does not hold.</exception>
    public Task<Tagged<StoreTurnResponse>> StoreTurnAsync(
        StoreTurnRequest request, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = Post("memory/store", request with { IdempotencyKey = null }, ClientJson.Write.StoreTurnRequest, Repeat.Always, request.UserId) with
        {
            IdempotencyKey = KeyOrNew(request.IdempotencyKey),
            IfMatch = RequireETag(ifMatch, "If-Match"),
        };
        return _transport.SendAsync(
            call, (response, token) => ReadTaggedAsync(response, ClientJson.Read.StoreTurnResponse, token), cancellationToken);
    }

    /// <summary>Stores up to 100 turns, each on its own: one that is refused does not stop the rest.</summary>
    /// <param name="request">
    /// The turns. Those without an <see cref="StoreTurnRequest.IdempotencyKey"/> get one; give keys of your own where you want to send a turn
    /// again whose problem was a passing one (<see cref="ProblemExtensions.ToException(Problem)"/> tells).
    /// </param>
    /// <param name="cancellationToken">Ends the call. Turns may still be stored.</param>
    public Task<StoreBatchResponse> StoreTurnsAsync(StoreBatchRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var keyed = request with
        {
            UserId = request.UserId ?? _user,
            Turns = request.Turns is { } turns ? [.. turns.Select(turn => turn with { IdempotencyKey = KeyOrNew(turn.IdempotencyKey) })] : null,
        };
        return _transport.SendAsync(
            PostBatch("memory/store/batch", keyed, ClientJson.Write.StoreBatchRequest),
            ClientJson.Read.StoreBatchResponse,
            cancellationToken);
    }

    /// <summary>What a model should see of a session now.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="maxTokens">Fit it into this many tokens (1 or more), or null for all of it.</param>
    /// <param name="format">The form; null for all of them.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<ContextResponse> GetContextAsync(
        string sessionId, int? maxTokens = null, ContextFormat? format = null, CancellationToken cancellationToken = default)
    {
        var body = new ContextRequest { SessionId = Ids.Require(sessionId, "session_id"), MaxTokens = maxTokens, Format = format };
        return _transport.SendAsync(
            Post("memory/context", body, ClientJson.Write.ContextRequest, Repeat.Always), ClientJson.Read.ContextResponse, cancellationToken);
    }

    /// <summary>What a model should see of a session now, with what the request asks for besides: long-term memory, enrichment.</summary>
    public Task<ContextResponse> GetContextAsync(ContextRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("memory/context", request, ClientJson.Write.ContextRequest, Repeat.Always, request.UserId), ClientJson.Read.ContextResponse, cancellationToken);
    }

    /// <summary>The contexts of up to 100 sessions, each with its own result or problem.</summary>
    public Task<ContextBatchResponse> GetContextsAsync(ContextBatchRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            PostBatch("memory/context/batch", request with { UserId = request.UserId ?? _user }, ClientJson.Write.ContextBatchRequest),
            ClientJson.Read.ContextBatchResponse,
            cancellationToken);
    }

    /// <summary>The user's sessions in words, the youngest first.</summary>
    /// <param name="limit">How many at the most, 1 to 100; null for as many as the server is set to (5 by default).</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<SummariesResponse> GetSummariesAsync(int? limit = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Post("summaries", new SummariesRequest { Limit = limit }, ClientJson.Write.SummariesRequest, Repeat.Always),
            ClientJson.Read.SummariesResponse,
            cancellationToken);
}
