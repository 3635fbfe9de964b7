using System.Globalization;
using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    /// <summary>Keeps a fact about the user. The answer means that it is durable; the same said again is kept once.</summary>
    /// <param name="content">The fact, as a sentence that can be understood by itself.</param>
    /// <param name="cancellationToken">Ends the call. The memory may still be stored.</param>
    public Task<RememberMemoryResponse> RememberAsync(string content, CancellationToken cancellationToken = default) =>
        RememberAsync(new RememberMemoryRequest { Content = content }, cancellationToken);

    /// <summary>Keeps a memory. The answer means that it is durable. Repeated after a lost answer, it is kept once and may be called a duplicate.</summary>
    /// <remarks>That holds for Granary's own memory. A server whose memories are with another provider may keep it twice unless the request has an id.</remarks>
    /// <exception cref="ConflictException">The memory's id is taken by another text.</exception>
    public Task<RememberMemoryResponse> RememberAsync(RememberMemoryRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("memory/remember", request, ClientJson.Write.RememberMemoryRequest, Repeat.Always, request.UserId),
            ClientJson.Read.RememberMemoryResponse,
            cancellationToken);
    }

    /// <summary>Keeps 1 to 100 memories of one user, all or none.</summary>
    /// <exception cref="ConflictException">A memory's id is taken by another text.</exception>
    public Task<RememberMemoriesResponse> RememberManyAsync(RememberMemoriesRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("memory/remember/batch", request, ClientJson.Write.RememberMemoriesRequest, Repeat.Always, request.UserId),
            ClientJson.Read.RememberMemoriesResponse,
            cancellationToken);
    }

    /// <summary>Finds what fits among the user's memories and the messages of all the user's sessions.</summary>
    /// <param name="query">What to look for, in words.</param>
    /// <param name="limit">How many at the most, 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<RecallMemoriesResponse> RecallAsync(string query, int limit = 10, CancellationToken cancellationToken = default) =>
        RecallAsync(new RecallMemoriesRequest { Query = query, Limit = limit }, cancellationToken);

    /// <summary>Finds what fits among the user's memories and the messages of all the user's sessions.</summary>
    public Task<RecallMemoriesResponse> RecallAsync(RecallMemoriesRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("memory/recall", request, ClientJson.Write.RecallMemoriesRequest, Repeat.Always, request.UserId),
            ClientJson.Read.RecallMemoriesResponse,
            cancellationToken);
    }

    /// <summary>What is known on a question, and (where the service has a model for it) an answer.</summary>
    /// <param name="query">The question.</param>
    /// <param name="sessionId">The session that asks, which must exist; null for none.</param>
    /// <param name="topK">How many of each kind of thing, 1 to 100.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<RetrieveResponse> RetrieveAsync(string query, string? sessionId = null, int topK = 5, CancellationToken cancellationToken = default) =>
        RetrieveAsync(new RetrieveRequest { Query = query, SessionId = sessionId, TopK = topK }, cancellationToken);

    /// <summary>What is known on a question, and (where the service has a model for it) an answer.</summary>
    public Task<RetrieveResponse> RetrieveAsync(RetrieveRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("memory/retrieve", request, ClientJson.Write.RetrieveRequest, Repeat.Always, request.UserId), ClientJson.Read.RetrieveResponse, cancellationToken);
    }

    /// <summary>Reflects on what was said in a session since the last reflection, now and however little it is. What takes longer than some seconds goes on by itself.</summary>
    public Task<ReflectSessionResponse> ReflectAsync(string sessionId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Post("memory/reflect", new ReflectSessionRequest { SessionId = Ids.Require(sessionId, "session_id") }, ClientJson.Write.ReflectSessionRequest, Repeat.Always),
            ClientJson.Read.ReflectSessionResponse,
            cancellationToken);

    /// <summary>A page of the user's memories, the youngest first.</summary>
    /// <param name="query">Which; of its filter agent, kinds, session and one category count, all else is refused here.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="InvalidRequestException">The filter asks for what a list cannot narrow down by.</exception>
    public Task<MemoriesResponse> ListMemoriesAsync(MemoryQuery? query = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("memory/memories" + MemoryPaths.QueryOf(query ?? new MemoryQuery())), ClientJson.Read.MemoriesResponse, cancellationToken);

    /// <summary>A memory and its ETag; also one that is expired, archived or deleted.</summary>
    public Task<Tagged<MemoryRecord>> GetMemoryAsync(string memoryId, CancellationToken cancellationToken = default) =>
        SendRecordAsync(Get(MemoryPaths.Of(memoryId)), cancellationToken);

    /// <summary>A message as a recall has it, by the id that the recall gave it.</summary>
    /// <param name="turnId"><c>turn:{session}:{sequence}</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<RecalledMemory> GetTurnAsync(string turnId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get(MemoryPaths.OfTurn(turnId)), ClientJson.Read.RecalledMemory, cancellationToken);

    /// <summary>Changes a memory; what is null stays as it is.</summary>
    /// <param name="memoryId">The memory.</param>
    /// <param name="change">The change.</param>
    /// <param name="ifMatch">The ETag that the memory must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the call. The change may still happen.</param>
    /// <exception cref="ConflictException">Another memory says the same.</exception>
    /// <exception cref="PreconditionFailedException"><paramref name="ifMatch"/> does not hold.</exception>
    public Task<Tagged<MemoryRecord>> UpdateMemoryAsync(
        string memoryId, PatchMemoryRequest change, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);

        // A repeat would be a second change in the history, and would not find the ETag any more.
        var call = Send(HttpMethod.Patch, MemoryPaths.Of(memoryId), change, ClientJson.Write.PatchMemoryRequest, Repeat.IfNotRun, change.UserId ?? _user) with
        {
            IfMatch = RequireETag(ifMatch, "If-Match"),
        };
        return SendRecordAsync(call, cancellationToken);
    }

    /// <summary>Deletes a memory; it can be restored for 30 days. Deleting a deleted one changes nothing.</summary>
    /// <param name="memoryId">The memory.</param>
    /// <param name="purge">Whether nothing of it is to stay: it cannot be restored.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DeleteMemoryAsync(string memoryId, bool purge = false, string? reason = null, CancellationToken cancellationToken = default)
    {
        var path = MemoryPaths.Of(memoryId) + (purge ? "?purge=true" : "?purge=false") + (reason is null ? "" : "&reason=" + Uri.EscapeDataString(reason));

        // A repeat would not find what the lost answer's attempt purged.
        var call = new ApiCall(HttpMethod.Delete, path) { Repeat = purge ? Repeat.IfNotRun : Repeat.Always, Tenant = _tenant, User = _user };
        return _transport.SendAsync(call, NothingAsync, cancellationToken);
    }

    /// <summary>All that happened to a memory, oldest first.</summary>
    public Task<MemoryHistoryResponse> GetMemoryHistoryAsync(string memoryId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get(MemoryPaths.Of(memoryId, "/history")), ClientJson.Read.MemoryHistoryResponse, cancellationToken);

    /// <summary>Makes a deleted, archived or expired memory active again.</summary>
    /// <exception cref="ConflictException">Another memory says the same.</exception>
    public Task<Tagged<MemoryRecord>> RestoreMemoryAsync(string memoryId, string? reason = null, CancellationToken cancellationToken = default) =>
        SendRecordAsync(
            Post(MemoryPaths.Of(memoryId, "/restore"), new RestoreMemoryRequest { Reason = reason }, ClientJson.Write.RestoreMemoryRequest, Repeat.IfNotRun),
            cancellationToken);

    /// <summary>Forgets memories by a policy.</summary>
    public Task<ForgetResult> ForgetAsync(ForgetMemoriesRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("memory/forget", request, ClientJson.Write.ForgetMemoriesRequest, request.DryRun == true ? Repeat.Always : Repeat.IfNotRun, request.UserId),
            ClientJson.Read.ForgetResult,
            cancellationToken);
    }

    /// <summary>Puts together what is known of the user: what the insights of each category have in common, and the profile.</summary>
    /// <param name="request">Which agent, and whether only one category; null for the default agent and all.</param>
    /// <param name="cancellationToken">Ends the call. It may still be made.</param>
    public Task<SynthesisResult> SynthesizeAsync(SynthesizeRequest? request = null, CancellationToken cancellationToken = default)
    {
        request ??= new SynthesizeRequest();
        return _transport.SendAsync(
            Post("memory/synthesize", request, ClientJson.Write.SynthesizeRequest, Repeat.IfNotRun, request.UserId), ClientJson.Read.SynthesisResult, cancellationToken);
    }

    /// <summary>The user's memory in figures.</summary>
    public Task<UserStats> GetMemoryStatsAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("memory/stats"), ClientJson.Read.UserStats, cancellationToken);

    /// <summary>Whether memories can be kept and recalled; also answered where they cannot.</summary>
    public Task<MemoryHealthResponse> GetMemoryHealthAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Get("memory/health") with { Repeat = Repeat.Never, AlsoAnswers = System.Net.HttpStatusCode.ServiceUnavailable },
            ClientJson.Read.MemoryHealthResponse,
            cancellationToken);

    /// <summary>What was concluded about the user, the youngest first.</summary>
    /// <param name="recentOnly">Whether only those of the last 30 days.</param>
    /// <param name="limit">How many at the most, 1 to 1,000.</param>
    /// <param name="agentId">Only those of this agent, or null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<InsightsResponse> GetInsightsAsync(
        bool recentOnly = false, int limit = 100, string? agentId = null, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            Post("insights", new InsightsRequest { RecentOnly = recentOnly, Limit = limit, AgentId = agentId }, ClientJson.Write.InsightsRequest, Repeat.Always),
            ClientJson.Read.InsightsResponse,
            cancellationToken);

    /// <summary>Erases the user for good: all sessions, all memories. At once nothing is answered any more; the rest goes on by itself.</summary>
    /// <param name="userId">The user; named here so that nobody is erased by a setting.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<UserErasure> EraseUserAsync(string userId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Delete, MemoryPaths.OfUser(userId)) { Repeat = Repeat.Always, Tenant = _tenant, User = userId },
            ClientJson.Read.UserErasure,
            cancellationToken);

    /// <summary>How far the newest erasure of a user is, also for 30 days after it.</summary>
    public Task<UserErasure> GetErasureAsync(string userId, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get(MemoryPaths.OfUser(userId, "/erasure"), userId), ClientJson.Read.UserErasure, cancellationToken);

    private Task<Tagged<MemoryRecord>> SendRecordAsync(ApiCall call, CancellationToken cancellationToken) =>
        _transport.SendAsync(call, (response, token) => ReadTaggedAsync(response, ClientJson.Read.MemoryRecord, token), cancellationToken);
}
