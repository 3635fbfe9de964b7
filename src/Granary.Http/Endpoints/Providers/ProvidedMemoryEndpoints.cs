using System.Globalization;
using Granary.Core.Tokens;
using Granary.Http.Documentation;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Providers;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Providers;

/// <summary>
/// The routes of memories where another memory provider than Granary's own keeps them. What it cannot keep, apply or do is refused by name, never ignored.
/// </summary>
internal sealed class ProvidedMemoryEndpoints(
    RequestIdentity identity, ITokenCounter tokens, IProviderAnswers provider, ErasureGate gate, MemoryProvidersOptions options)
{
    private const string Tag = "Long-term memory";

    private static readonly RouteParameter[] Whose = [RouteParameter.User, RouteParameter.Query<string>("user_id", "The user, where neither key nor header names one.")];

    private static readonly string[] ListFilters = ["kind", "state", "agent_id", "category", "session_id"];

    public void Map(RouteTable routes)
    {
        routes
            .Post("/memory/remember", GranaryScope.User, RememberAsync, new RouteDescription(Tag, "Keep a memory")
            {
                Details = "With the memory provider that is configured: content, metadata, agent_id and id; whatever else is given is refused.",
                Body = typeof(RememberMemoryRequest),
                Parameters = [RouteParameter.User],
                Answers = [new RouteAnswer(200, typeof(RememberMemoryResponse), "The memory is kept.")],
                Problems = [403, 409, 410, 413, 503],
            })
            .Post("/memory/recall", GranaryScope.User, RecallAsync, new RouteDescription(Tag, "Recall what fits")
            {
                Details = "With the memory provider that is configured. Filters that it cannot apply are refused, as is whatever else it cannot do.",
                Body = typeof(RecallMemoriesRequest),
                Parameters = [RouteParameter.User],
                Answers = [new RouteAnswer(200, typeof(RecallMemoriesResponse), "What was found, the best first.")],
                Problems = [403, 410, 413, 503],
            })
            .Get("/memory/memories", GranaryScope.User, ListAsync, new RouteDescription(Tag, "List a user's memories")
            {
                Details = "The youngest (by storing) first.",
                Parameters =
                [
                    .. Whose,
                    RouteParameter.Query<int>("limit", "How many at the most, 1-1000; 100 by default."),
                    RouteParameter.Query<int>("offset", "Memories to pass over first; not together with after."),
                    RouteParameter.Query<string>("after", "next of the page before."),
                ],
                Answers = [new RouteAnswer(200, typeof(MemoriesResponse), "A page; empty for a user nobody has heard of.")],
                Problems = [403, 410, 503],
            })
            .Get("/memory/memories/{memory_id}", GranaryScope.User, GetAsync, new RouteDescription(Tag, "Read a memory")
            {
                Parameters = Whose,
                Answers = [new RouteAnswer(200, typeof(MemoryRecord), "The memory.")],
                Problems = [403, 404, 410, 503],
            })
            .Delete("/memory/memories/{memory_id}", GranaryScope.User, DeleteAsync, new RouteDescription(Tag, "Delete a memory")
            {
                Details = "For good: nothing of it stays. A chain deletes it with all of its providers; where not all can be reached it answers 503, and goes on by itself.",
                Parameters = [.. Whose, RouteParameter.Query<bool>("purge", "Changes nothing: a deleted memory cannot be restored here.")],
                Answers = [new RouteAnswer(200, typeof(DeleteMemoryResponse), "It is deleted.")],
                Problems = [403, 404, 410, 503],
            })
            .Get("/memory/health", GranaryScope.User, HealthAsync, new RouteDescription(Tag, "Can memories be kept and recalled?")
            {
                Details = "Asks the memory provider that is configured. Where the request names a user, it also counts the user's memories.",
                Parameters = Whose,
                Answers =
                [
                    new RouteAnswer(200, typeof(MemoryHealthResponse), "They can."),
                    new RouteAnswer(503, typeof(MemoryHealthResponse), "They cannot."),
                ],
                Problems = [403],
            });
        Refuse(routes, "POST", "/memory/remember/batch", "Keep many memories", "keep memories all or none; send them one by one");
        Refuse(routes, "PATCH", "/memory/memories/{memory_id}", "Change a memory", "change memories; delete it and keep another");
        Refuse(routes, "GET", "/memory/memories/{memory_id}/history", "Read all that happened to a memory", "keep a history");
        Refuse(routes, "POST", "/memory/memories/{memory_id}/restore", "Restore a memory", "restore memories: what it deletes is gone");
        Refuse(routes, "POST", "/memory/forget", "Forget memories by policy", "forget by policy");
        Refuse(routes, "GET", "/memory/stats", "Read a user's memory in figures", "tell figures; GET /memory/health counts memories");
    }

    private async Task RememberAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.RememberMemoryRequest);
        var user = await UserAsync(context, request.UserId);
        RefuseFields(request);
        var draft = new ProviderDraft
        {
            Content = request.Content ?? throw new InvalidRequestException("content", "is required"),
            Id = request.Id,
            Metadata = request.Metadata,
            AgentId = request.AgentId,
        };

        // No token: what was accepted is finished, whether the caller waits for it or not.
        var answer = await provider.RememberAsync(user, draft, CancellationToken.None);
        var memory = answer.Result;
        var response = new RememberMemoryResponse(
            memory.Id, memory.Duplicate ? RememberStatus.Duplicate : RememberStatus.Stored, memory.Duplicate ? MemoryEvent.None : MemoryEvent.Add, RecordOf(memory))
        {
            SubstrateMetadata = answer.Metadata,
        };
        await JsonAnswer.WriteAsync(context, response, GranaryJson.Default.RememberMemoryResponse);
    }

    private async Task RecallAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.RecallMemoriesRequest);
        var user = await UserAsync(context, request.UserId);
        RefuseFields(request);
        var query = new ProviderQuery
        {
            Query = QueryText.Require(request.Query),
            Limit = request.Limit ?? options.RecallLimit,
            Filter = MemoryFilters.Of(request.Filters),
        };
        var answer = await MemoryNames.CallAsync(() => provider.RecallAsync(user, query, context.RequestAborted), "filter", MemoryFilters.Field);
        var response = new RecallMemoriesResponse
        {
            Memories = [.. answer.Result.Select(FoundOf)],
            Count = answer.Result.Count,
            Tokens = answer.Result.Sum(memory => tokens.Count(memory.Content, model: null)),
            Mode = RecallMode.Auto,
            SubstrateMetadata = answer.Metadata,
        };
        await JsonAnswer.WriteAsync(context, response, GranaryJson.Default.RecallMemoriesResponse);
    }

    private async Task ListAsync(HttpContext context)
    {
        var request = context.Request;
        var user = await UserAsync(context, RequestValues.Query(request, "user_id"));
        foreach (var filter in ListFilters)
        {
            Refuse(request.Query.ContainsKey(filter), filter, "applied");
        }

        var limit = (int)RequestValues.Query(request, "limit", fallback: 100, min: 1, max: MemoryLimits.MaxPage);
        var offset = OffsetOf(request);
        var answer = await provider.ListAsync(user, limit, offset, context.RequestAborted);
        var page = answer.Result;
        var seen = offset + page.Covered;

        // Memories that are left out of the page are left out of its total. Of a provider that does not count, a full page may have a next one.
        var leftOut = page.Covered - page.Memories.Count;
        var more = page.Total is { } total ? seen < total + leftOut && page.Covered > 0 : page.Covered == limit;
        var response = new MemoriesResponse(
            user.User,
            [.. page.Memories.Select(RecordOf)],
            page.Memories.Count,
            page.Total ?? seen,
            more ? seen.ToString(CultureInfo.InvariantCulture) : null)
        {
            SubstrateMetadata = answer.Metadata,
        };
        await JsonAnswer.WriteAsync(context, response, GranaryJson.Default.MemoriesResponse);
    }

    private async Task GetAsync(HttpContext context)
    {
        var user = await UserAsync(context, RequestValues.Query(context.Request, "user_id"));
        var answer = await provider.GetAsync(user, RequestValues.Route(context, "memory_id"), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, RecordOf(answer.Result), GranaryJson.Default.MemoryRecord);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var user = await UserAsync(context, RequestValues.Query(context.Request, "user_id"));
        var id = RequestValues.Route(context, "memory_id");
        RequestValues.QueryFlag(context.Request, "purge");
        Refuse(context.Request.Query.ContainsKey("reason"), "reason", "kept");
        Refuse(context.Request.Headers.IfMatch.Count > 0, "If-Match", "applied");
        var answer = await provider.DeleteAsync(user, id, CancellationToken.None);
        if (!answer.Result)
        {
            throw new NotFoundException($"There is no memory '{id}'.");
        }

        var response = new DeleteMemoryResponse(true, "Memory deleted.", id) { SubstrateMetadata = answer.Metadata };
        await JsonAnswer.WriteAsync(context, response, GranaryJson.Default.DeleteMemoryResponse);
    }

    private async Task HealthAsync(HttpContext context)
    {
        var user = identity.FindUser(context, RequestValues.Query(context.Request, "user_id"));
        var health = await provider.CheckHealthAsync(user, context.RequestAborted);
        var answer = new MemoryHealthResponse
        {
            Healthy = health.Healthy,
            Status = health.Healthy ? "healthy" : "unhealthy",
            Service = "memory-api",
            Provider = health.Provider,
            ProviderHealthy = health.Healthy,
            DatabaseConnection = health.DatabaseConnection ?? health.Healthy,
            VectorsAvailable = health.VectorsAvailable ?? false,
            ResponseTimeMs = Math.Round(health.ResponseTimeMs, 3),
            TotalMemories = health.TotalMemories,
            Error = health.Error,
        };
        context.Response.Headers.CacheControl = "no-store";
        await JsonAnswer.WriteAsync(
            context, answer, GranaryJson.Default.MemoryHealthResponse, health.Healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<UserKey> UserAsync(HttpContext context, string? named)
    {
        var user = identity.User(context, named);
        await gate.PassAsync(user, context.RequestAborted);
        return user;
    }

    private void Refuse(RouteTable routes, string method, string pattern, string summary, string what)
    {
        var description = new RouteDescription(Tag, summary) { Details = "The memory provider that is configured cannot do this.", Problems = [501] };
        _ = method switch
        {
            "GET" => routes.Get(pattern, GranaryScope.User, RefuseAsync, description),
            "PATCH" => routes.Patch(pattern, GranaryScope.User, RefuseAsync, description),
            _ => routes.Post(pattern, GranaryScope.User, RefuseAsync, description),
        };

        Task RefuseAsync(HttpContext context) => throw new ProviderLimitException(provider.Name, what);
    }

    private void RefuseFields(RememberMemoryRequest request)
    {
        Refuse(request.Kind is not (null or MemoryKind.Fact), "kind", "kept");
        Refuse(request.Category is not null, "category", "kept");
        Refuse(request.Confidence is not null, "confidence", "kept");
        Refuse(request.Importance is not null, "importance", "kept");
        Refuse(request.Pinned == true, "pinned", "kept");
        Refuse(request.EventTime is not null, "event_time", "kept");
        Refuse(request.ValidFrom is not null, "valid_from", "kept");
        Refuse(request.ValidTo is not null, "valid_to", "kept");
        Refuse(request.TtlHours is not null, "ttl_hours", "kept");
        Refuse(request.ExpiresAt is not null, "expires_at", "kept");
        Refuse(request.CreatedAt is not null, "created_at", "kept");
        Refuse(request.Sources is { Count: > 0 }, "sources", "kept");
    }

    private void RefuseFields(RecallMemoriesRequest request)
    {
        Refuse(request.Mode is not (null or RecallMode.Auto), "mode", "applied");
        Refuse(request.Turns == true, "turns", "applied");
        Refuse(request.Records == false, "records", "applied");
        Refuse(request.MaxTokens is not null, "max_tokens", "applied");
        Refuse(request.MinScore is not (null or 0), "min_score", "applied");
        Refuse(request.GroupBy is not null, "group_by", "applied");
        Refuse(request.Touch == true, "touch", "applied");
    }

    private void Refuse(bool given, string field, string done)
    {
        if (given)
        {
            throw new InvalidRequestException(field, $"cannot be {done} by the memory provider '{provider.Name}'");
        }
    }

    private static int OffsetOf(HttpRequest request)
    {
        var offset = (int)RequestValues.Query(request, "offset", fallback: 0, min: 0, max: int.MaxValue);
        if (RequestValues.Query(request, "after") is not { } after)
        {
            return offset;
        }

        return offset > 0 ? throw new InvalidRequestException("offset", "must not be given together with after")
            : int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var next) ? next
            : throw new InvalidRequestException("after", "must be the next of a page before");
    }

    private static MemoryRecord RecordOf(ProviderMemory memory) => new()
    {
        Id = memory.Id,
        Kind = MemoryKind.Fact,
        AgentId = memory.AgentId ?? Ids.DefaultAgent,
        Content = memory.Content,
        Metadata = memory.Metadata,
        CreatedAt = memory.CreatedAt,
        UpdatedAt = memory.UpdatedAt ?? memory.CreatedAt,
    };

    private static RecalledMemory FoundOf(ProviderMemory memory) => new()
    {
        Id = memory.Id,
        UserId = memory.UserId,
        Kind = RecalledMemories.TryParse(memory.Id, out _, out _) ? RecalledMemories.Turn : "fact",
        Content = memory.Content,
        Metadata = memory.Metadata,
        SimilarityScore = memory.SimilarityScore,
        AgentId = memory.AgentId ?? Ids.DefaultAgent,
        Timestamp = memory.CreatedAt,
        CreatedAt = memory.CreatedAt,
        UpdatedAt = memory.UpdatedAt,
    };
}
