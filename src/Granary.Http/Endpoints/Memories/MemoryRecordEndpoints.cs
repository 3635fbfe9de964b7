using System.Globalization;
using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary>A user's memory records, one by one: list, read, change, delete, restore, history; forgetting by policy; figures.</summary>
internal sealed class MemoryRecordEndpoints(IMemoryCluster cluster, RequestIdentity identity, TimeProvider time)
{
    private const string Tag = "Long-term memory";

    private static readonly RouteParameter[] Whose = [RouteParameter.User, RouteParameter.Query<string>("user_id", "The user, where neither key nor header names one.")];

    private static readonly RouteParameter IfMatch = new("If-Match", true, typeof(string), "ETags, one of which the memory must have, or *.");

    private static readonly IReadOnlyList<(string Name, string Description)> ETag = [("ETag", "The memory's revision.")];

    public void Map(RouteTable routes) => routes
        .Get("/memory/memories", GranaryScope.User, ListAsync, new RouteDescription(Tag, "List a user's memories")
        {
            Details = "The youngest (by storing) first.",
            Parameters =
            [
                .. Whose,
                RouteParameter.Query<int>("limit", "How many at the most, 1-1000; 100 by default."),
                RouteParameter.Query<int>("offset", "Memories to pass over first; not together with after."),
                RouteParameter.Query<string>("after", "next of the page before."),
                RouteParameter.Query<string>("kind", "Only these kinds, separated by commas."),
                RouteParameter.Query<string>("state", "Only these states, separated by commas; active and expiring by default."),
                RouteParameter.Query<string>("agent_id", "Only those of this agent."),
                RouteParameter.Query<string>("category", "Only those of this category."),
                RouteParameter.Query<string>("session_id", "Only those that come from this session."),
            ],
            Answers = [new RouteAnswer(200, typeof(MemoriesResponse), "A page; empty for a user nobody has heard of.")],
            Problems = [403, 410, 503],
        })
        .Get("/memory/memories/{memory_id}", GranaryScope.User, GetAsync, new RouteDescription(Tag, "Read a memory")
        {
            Details = "Also one that is expired, archived or deleted. With the id of a message, turn:{session}:{sequence}, that message as a recall has it.",
            Parameters = Whose,
            Answers = [new RouteAnswer(200, typeof(MemoryRecord), "The memory.") { Headers = ETag }, new RouteAnswer(304, null, "The caller has the current state.")],
            Problems = [403, 404, 410, 503],
        })
        .Patch("/memory/memories/{memory_id}", GranaryScope.User, PatchAsync, new RouteDescription(Tag, "Change a memory")
        {
            Details = "What is left out stays as it is. The change is in the memory's history.",
            Body = typeof(PatchMemoryRequest),
            Parameters = [RouteParameter.User, IfMatch],
            Answers = [new RouteAnswer(200, typeof(MemoryRecord), "The memory as it is now.") { Headers = ETag }],
            Problems = [403, 404, 409, 410, 412, 413, 503],
        })
        .Delete("/memory/memories/{memory_id}", GranaryScope.User, DeleteAsync, new RouteDescription(Tag, "Delete a memory")
        {
            Details = "It is recalled no more and can be restored for 30 days; with purge nothing of it stays, nor of its history. Deleting it again changes nothing.",
            Parameters =
            [
                .. Whose,
                RouteParameter.Query<bool>("purge", "Whether nothing of it is to stay."),
                RouteParameter.Query<string>("reason", "Why, for the history."),
                IfMatch,
            ],
            Answers = [new RouteAnswer(200, typeof(DeleteMemoryResponse), "It is deleted.")],
            Problems = [403, 404, 410, 412, 503],
        })
        .Get("/memory/memories/{memory_id}/history", GranaryScope.User, HistoryAsync, new RouteDescription(Tag, "Read all that happened to a memory")
        {
            Parameters = Whose,
            Answers = [new RouteAnswer(200, typeof(MemoryHistoryResponse), "The changes, oldest first.")],
            Problems = [403, 404, 410, 503],
        })
        .Post("/memory/memories/{memory_id}/restore", GranaryScope.User, RestoreAsync, new RouteDescription(Tag, "Restore a memory")
        {
            Details = "One that is deleted, archived or expired is active again. The body may be left out.",
            Body = typeof(RestoreMemoryRequest),
            BodyOptional = true,
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(MemoryRecord), "The memory as it is now.") { Headers = ETag }],
            Problems = [403, 404, 409, 410, 413, 503],
        })
        .Post("/memory/forget", GranaryScope.User, ForgetAsync, new RouteDescription(Tag, "Forget memories by policy")
        {
            Details = "By age, inactivity, number or retention score, or (with all) by filters alone. Pinned memories stay. dry_run only counts.",
            Body = typeof(ForgetMemoriesRequest),
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(ForgetResult), "What was forgotten, or would be.")],
            Problems = [403, 410, 413, 503],
        })
        .Get("/memory/stats", GranaryScope.User, StatsAsync, new RouteDescription(Tag, "Read a user's memory in figures")
        {
            Parameters = Whose,
            Answers = [new RouteAnswer(200, typeof(UserStats), "The figures.")],
            Problems = [403, 410, 503],
        });

    private IUserMemory UserOf(HttpContext context) => cluster.User(identity.User(context, RequestValues.Query(context.Request, "user_id")));

    private async Task ListAsync(HttpContext context)
    {
        var request = context.Request;
        var user = UserOf(context);
        var query = new MemoryQuery
        {
            Limit = (int)RequestValues.Query(request, "limit", fallback: 100, min: 1, max: MemoryLimits.MaxPage),
            Offset = (int)RequestValues.Query(request, "offset", fallback: 0, min: 0, max: int.MaxValue),
            After = RequestValues.Query(request, "after"),
            States = RequestValues.QueryNames<MemoryState>(request, "state"),
            Filter = new MemoryFilter
            {
                Kinds = RequestValues.QueryNames<MemoryKind>(request, "kind"),
                AgentId = RequestValues.QueryId(request, "agent_id"),
                Categories = RequestValues.Query(request, "category") is { } category ? [category] : null,
                SessionId = RequestValues.QueryId(request, "session_id"),
            },
        };
        if (query is { After: not null, Offset: > 0 })
        {
            throw new InvalidRequestException("offset", "must not be given together with after");
        }

        var page = await user.ListMemoriesAsync(query, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context, new MemoriesResponse(user.Key.User, page.Memories, page.Memories.Count, page.Total, page.Next), GranaryJson.Default.MemoriesResponse);
    }

    private async Task GetAsync(HttpContext context)
    {
        var user = UserOf(context);
        if (context.Request.RouteValues["memory_id"] is string id && RecalledMemories.TryParse(id, out var session, out var sequence))
        {
            await JsonAnswer.WriteAsync(context, await MessageAsync(user.Key, session, sequence, context.RequestAborted), GranaryJson.Default.RecalledMemory);
            return;
        }

        var record = await user.GetMemoryAsync(IdOf(context), context.RequestAborted);
        var etag = ETagOf(record.Revision);
        context.Response.Headers.ETag = etag;
        if (Conditions.IsNotModified(context.Request, etag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await JsonAnswer.WriteAsync(context, record, GranaryJson.Default.MemoryRecord);
    }

    private async Task<RecalledMemory> MessageAsync(UserKey user, string session, long sequence, CancellationToken cancellationToken)
    {
        var memory = cluster.Session(new SessionKey(user.Tenant, user.User, session));
        var page = await memory.GetMessagesAsync(sequence, 1, cancellationToken);
        if (page.Messages.Count == 0 || page.Messages[0].Sequence != sequence)
        {
            throw new NotFoundException($"The session {session} has no message {sequence}.");
        }

        var info = await memory.GetInfoAsync(cancellationToken);
        return RecalledMemories.Of(page.Messages[0], session, info.AgentId, user.User);
    }

    private async Task PatchAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.PatchMemoryRequest);
        var user = cluster.User(identity.User(context, request.UserId));
        var id = IdOf(context);
        var patch = new MemoryPatch
        {
            Content = request.Content,
            Metadata = request.Metadata,
            Category = request.Category,
            Confidence = request.Confidence,
            Importance = request.Importance,
            Pinned = request.Pinned,
            EventTime = request.EventTime,
            ValidFrom = request.ValidFrom,
            ValidTo = request.ValidTo,
            ExpiresAt = MemoryDrafts.Expiry(request.TtlHours, request.ExpiresAt, time.GetUtcNow()),
            Clear = request.Clear ?? [],
            Reason = request.Reason,
        };
        patch = patch with { IfRevision = await RevisionAsync(context, user, id) };

        // No token: what was accepted is finished, whether the caller waits for it or not.
        await AnswerAsync(context, await user.UpdateMemoryAsync(id, patch, CancellationToken.None));
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var user = UserOf(context);
        var id = IdOf(context);
        var purge = RequestValues.QueryFlag(context.Request, "purge");
        var deletion = new MemoryDeletion
        {
            Reason = RequestValues.Query(context.Request, "reason"),
            Purge = purge,
            IfRevision = await RevisionAsync(context, user, id),
        };
        var request = new EditRequest([new MemoryEdit(id, Deletion: deletion)]);
        await MemoryNames.CallAsync(() => user.EditMemoriesAsync(request, CancellationToken.None), "edits[0].deletion", "");
        await JsonAnswer.WriteAsync(
            context, new DeleteMemoryResponse(true, purge ? "Memory purged." : "Memory deleted.", id), GranaryJson.Default.DeleteMemoryResponse);
    }

    private async Task HistoryAsync(HttpContext context)
    {
        var user = UserOf(context);
        var id = IdOf(context);
        var history = await user.GetHistoryAsync(id, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, new MemoryHistoryResponse(id, history.Changes, history.Changes.Count), GranaryJson.Default.MemoryHistoryResponse);
    }

    private async Task RestoreAsync(HttpContext context)
    {
        var request = await JsonBody.ReadOptionalAsync(context, GranaryJson.Default.RestoreMemoryRequest) ?? new RestoreMemoryRequest();
        var user = cluster.User(identity.User(context, request.UserId));
        await AnswerAsync(context, await user.RestoreMemoryAsync(IdOf(context), request.Reason, CancellationToken.None));
    }

    private async Task ForgetAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.ForgetMemoriesRequest);
        var user = cluster.User(identity.User(context, request.UserId));
        var forget = new ForgetRequest
        {
            Filter = MemoryFilters.Of(request.Filters),
            MaxAgeDays = request.MaxAgeDays,
            MaxInactiveDays = request.MaxInactiveDays,
            Keep = request.Keep,
            MinRetention = request.MinRetention,
            All = request.All ?? false,
            Archive = request.Archive ?? false,
            DryRun = request.DryRun ?? false,
            Reason = request.Reason,
        };
        var forgotten = await MemoryNames.CallAsync(() => user.ForgetAsync(forget, CancellationToken.None), "filter", MemoryFilters.Field);
        await JsonAnswer.WriteAsync(context, forgotten, GranaryJson.Default.ForgetResult);
    }

    private async Task StatsAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(context, await UserOf(context).GetStatsAsync(context.RequestAborted), GranaryJson.Default.UserStats);

    private static Task AnswerAsync(HttpContext context, MemoryRecord record)
    {
        context.Response.Headers.ETag = ETagOf(record.Revision);
        return JsonAnswer.WriteAsync(context, record, GranaryJson.Default.MemoryRecord);
    }

    /// <summary>The revision that <c>If-Match</c> asks for; null for any.</summary>
    private static async Task<int?> RevisionAsync(HttpContext context, IUserMemory user, string id)
    {
        if (Conditions.Revisions(context.Request) is not { } revisions)
        {
            return null;
        }

        if (revisions.Count == 1)
        {
            return revisions[0];
        }

        // The memory takes one revision: the current one, if it is among those that are given.
        var current = (await user.GetMemoryAsync(id, context.RequestAborted)).Revision;
        return revisions.Contains(current) ? current : throw new PreconditionFailedException(ETagOf(current));
    }

    private static string IdOf(HttpContext context) => RequestValues.Route(context, "memory_id");

    private static string ETagOf(int revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");
}
