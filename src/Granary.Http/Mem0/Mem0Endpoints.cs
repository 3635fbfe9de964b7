using System.Globalization;
using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Granary.Http.Mem0;

/// <summary>
/// The routes of mem0, so that its clients work unchanged. Nothing is concluded from what is added: each message is kept as it was said; exact
/// duplicates are not kept twice.
/// </summary>
internal sealed class Mem0Endpoints(IMemoryCluster cluster, RequestIdentity identity)
{
    private const string Tag = "mem0";

    private const int DefaultPage = 100;

    private const int DefaultTop = 10;

    private static readonly RouteParameter[] Scope =
    [
        RouteParameter.User,
        RouteParameter.Query<string>("user_id", "The user."),
        RouteParameter.Query<string>("agent_id", "Only those of this agent."),
        RouteParameter.Query<string>("app_id", "Only those of this application."),
        RouteParameter.Query<string>("run_id", "Only those of this run."),
    ];

    private static readonly RouteParameter[] Paging =
    [
        RouteParameter.Query<int>("page", "The page, from 1."),
        RouteParameter.Query<int>("page_size", "Memories of a page, 1-1000; 100 by default."),
    ];

    private static readonly RouteParameter[] Linked =
    [
        RouteParameter.User,
        RouteParameter.Query<bool>("delete_linked", "Whether older memories that it took the place of go too; an older text is never a memory of its own here."),
    ];

    public void Map(RouteTable routes)
    {
        routes
            .Get("/v1/ping", GranaryScope.User, Strict(PingAsync), Describe("Is the key good?", typeof(Mem0Ping)))
            .Post("/v3/memories/add", GranaryScope.User, Strict(AddAsync), Describe("Add memories", typeof(Mem0AddResponse), typeof(Mem0AddRequest)))
            .Post("/v1/memories", GranaryScope.User, Strict(AddAsync), Describe("Add memories", typeof(Mem0AddResponse), typeof(Mem0AddRequest)))
            .Post("/v3/memories/search", GranaryScope.User, Strict(context => SearchAsync(context, older: false)), Describe("Search memories", typeof(Mem0SearchResponse), typeof(Mem0SearchRequest)))
            .Post("/v1/memories/search", GranaryScope.User, Strict(context => SearchAsync(context, older: true)), Describe("Search memories", typeof(Mem0SearchResponse), typeof(Mem0SearchRequest)))
            .Post("/v3/memories", GranaryScope.User, Strict(ListAsync), Describe("List memories", typeof(Mem0Page), typeof(Mem0ListRequest), Paging))
            .Get("/v1/memories", GranaryScope.User, Strict(ListByQueryAsync), Describe("List memories", typeof(Mem0Page), null, [.. Scope, .. Paging]))
            .Delete("/v1/memories", GranaryScope.User, Strict(DeleteAllAsync), Describe("Delete all memories of a user", typeof(Mem0Message), null, Scope))
            .Get("/v1/memories/{memory_id}", GranaryScope.User, Strict(GetAsync), Describe("Read a memory", typeof(Mem0Memory)))
            .Put("/v1/memories/{memory_id}", GranaryScope.User, Strict(UpdateAsync), Describe("Change a memory", typeof(Mem0Memory), typeof(Mem0UpdateRequest)))
            .Delete("/v1/memories/{memory_id}", GranaryScope.User, Strict(DeleteAsync), Describe("Delete a memory", typeof(Mem0Message), null, Linked))
            .Get("/v1/memories/{memory_id}/history", GranaryScope.User, Strict(HistoryAsync), Describe("Read all that happened to a memory", typeof(IReadOnlyList<Mem0Change>)))
            .Put("/v1/batch", GranaryScope.User, Strict(UpdateManyAsync), Describe("Change many memories", typeof(Mem0Message), typeof(Mem0BatchRequest)))
            .Delete("/v1/batch", GranaryScope.User, Strict(DeleteManyAsync), Describe("Delete many memories", typeof(Mem0Message), typeof(Mem0BatchRequest)))
            .Get("/v1/entities", GranaryScope.User, Strict(EntitiesAsync), Describe("Read how much is known of a user", typeof(Mem0Entities), null, [.. Scope, .. Paging]));
        foreach (var version in (string[])["v1", "v2"])
        {
            routes.Delete(
                $"/{version}/entities/{{type}}/{{id}}", GranaryScope.User, Strict(DeleteEntityAsync), Describe("Delete all memories of a user, agent, application or run", typeof(Mem0Message), null, Scope));
        }
    }

    /// <summary>Refuses a query with a name that the route does not have: what is not understood might have narrowed what is deleted or listed.</summary>
    private static RequestDelegate Strict(RequestDelegate handle) => context =>
    {
        var known = context.GetEndpoint()!.Metadata.GetRequiredMetadata<RouteDescription>().Parameters.Where(parameter => !parameter.InHeader).Select(parameter => parameter.Name).ToList();
        return context.Request.Query.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? throw new InvalidRequestException(unknown, known.Count == 0 ? "is not known here" : $"is not known here: {string.Join(", ", known)} are")
            : handle(context);
    };

    private static Task PingAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(context, new Mem0Ping("ok", "The key is good.", null, null, null), Mem0Json.Default.Mem0Ping);

    private async Task AddAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, Mem0Json.Default.Mem0AddRequest);
        var scope = Mem0Scope.Of(request.UserId, request.AgentId, request.AppId, request.RunId);
        var user = UserOf(context, scope);
        var drafts = Mem0Records.DraftsOf(request, scope);
        var kept = await Mem0Fields.CallAsync(() => user.RememberAsync(new RememberRequest(drafts), CancellationToken.None), "messages");
        var results = kept.Outcomes
            .Select(outcome => Mem0Records.ViewOf(outcome.Record, user.Key.User) with { Event = outcome.Event, Data = new Mem0Data(outcome.Record.Content) })
            .ToList();
        await JsonAnswer.WriteAsync(
            context, new Mem0AddResponse(results[0].Id, "SUCCEEDED", "Memories are kept.", results), Mem0Json.Default.Mem0AddResponse);
    }

    private async Task SearchAsync(HttpContext context, bool older)
    {
        var request = await JsonBody.ReadAsync(context, Mem0Json.Default.Mem0SearchRequest);
        var scope = Mem0Scope.Of(request);
        var user = UserOf(context, scope);
        if (request.ShowExpired == true)
        {
            throw new InvalidRequestException("show_expired", "must be false: memories whose time is over can be listed, not searched for");
        }

        var (top, field) = request.TopK is { } given ? (given, "top_k") : (request.Limit ?? DefaultTop, "limit");
        if (top is < 1 or > MemoryLimits.MaxRecall)
        {
            throw new InvalidRequestException(field, $"must be a whole number from 1 to {MemoryLimits.MaxRecall}");
        }

        if (request.Threshold is not (null or (>= 0 and <= 1)))
        {
            throw new InvalidRequestException("threshold", "must be a number from 0 to 1");
        }

        var recall = new RecallRequest
        {
            Query = QueryText.Require(request.Query),
            Limit = top,
            Filter = scope.ToFilter(),
            MinScore = request.Threshold ?? 0,
            Turns = false,
        };
        var found = await MemoryNames.CallAsync(() => user.RecallAsync(recall, context.RequestAborted), "filter", "filters");
        var results = found.Hits.Where(hit => hit.Record is not null).Select(hit => Mem0Records.ViewOf(hit.Record!, user.Key.User, hit.Score)).ToList();
        await JsonAnswer.WriteAsync(context, new Mem0SearchResponse(results, older ? results : null), Mem0Json.Default.Mem0SearchResponse);
    }

    private async Task ListAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, Mem0Json.Default.Mem0ListRequest);
        await ListAsync(context, Mem0Scope.Of(request), request.ShowExpired == true ? [MemoryState.Active, MemoryState.Expiring, MemoryState.Expired] : null);
    }

    private Task ListByQueryAsync(HttpContext context) => ListAsync(context, ScopeOfQuery(context), states: null);

    private async Task ListAsync(HttpContext context, Mem0Scope scope, IReadOnlyList<MemoryState>? states)
    {
        var user = UserOf(context, scope);
        var (page, size) = PageOf(context);
        var query = new MemoryQuery { Filter = scope.ToFilter(), States = states, Limit = size, Offset = (page - 1) * size };
        var found = await MemoryNames.CallAsync(() => user.ListMemoriesAsync(query, context.RequestAborted), "filter", "filters");
        var answer = new Mem0Page(
            found.Total,
            query.Offset + found.Memories.Count < found.Total ? LinkTo(context, page + 1, size) : null,
            page > 1 ? LinkTo(context, page - 1, size) : null,
            [.. found.Memories.Select(record => Mem0Records.ViewOf(record, user.Key.User))]);
        await JsonAnswer.WriteAsync(context, answer, Mem0Json.Default.Mem0Page);
    }

    private async Task DeleteAllAsync(HttpContext context)
    {
        if (context.Request.Query.Count == 0)
        {
            throw new InvalidRequestException(RequestIdentity.UserField, "(or agent_id, app_id, run_id) is required: what is to be deleted must be said");
        }

        await ForgetAsync(context, ScopeOfQuery(context));
        await SayAsync(context, "Memories deleted successfully!");
    }

    private async Task GetAsync(HttpContext context)
    {
        var (user, id) = MemoryOf(context, context.Request.RouteValues["memory_id"] as string);
        var record = await user.GetMemoryAsync(id, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, Shown(record, user), Mem0Json.Default.Mem0Memory);
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, Mem0Json.Default.Mem0UpdateRequest);
        var (user, id) = MemoryOf(context, context.Request.RouteValues["memory_id"] as string);
        var patch = Mem0Records.PatchOf(request, await user.GetMemoryAsync(id, context.RequestAborted));
        var changed = await Mem0Fields.CallAsync(() => user.UpdateMemoryAsync(id, patch, CancellationToken.None), "text");
        await JsonAnswer.WriteAsync(context, Mem0Records.ViewOf(changed, user.Key.User), Mem0Json.Default.Mem0Memory);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var (user, id) = MemoryOf(context, context.Request.RouteValues["memory_id"] as string);
        await user.DeleteMemoryAsync(id, cancellationToken: CancellationToken.None);
        await SayAsync(context, "Memory deleted successfully!");
    }

    private async Task HistoryAsync(HttpContext context)
    {
        var memory = context.Request.RouteValues["memory_id"] as string;
        var (user, id) = MemoryOf(context, memory);
        var history = await user.GetHistoryAsync(id, context.RequestAborted);
        IReadOnlyList<Mem0Change> changes =
        [
            .. history.Changes.Select(change => new Mem0Change(
                string.Create(CultureInfo.InvariantCulture, $"{memory}.{change.Revision}"),
                memory!,
                [],
                change.OldContent,
                change.NewContent,
                user.Key.User,
                [],
                change.Event,
                history.Changes[0].Timestamp,
                change.Timestamp)),
        ];
        await JsonAnswer.WriteAsync(context, changes, Mem0Json.Default.IReadOnlyListMem0Change);
    }

    private async Task UpdateManyAsync(HttpContext context)
    {
        var batch = await BatchAsync(context);
        var edits = new List<(IUserMemory User, MemoryEdit Edit)>(batch.Count);
        foreach (var (index, (user, id, change)) in batch.Index())
        {
            var record = await user.GetMemoryAsync(id, context.RequestAborted);
            edits.Add((user, new MemoryEdit(id, Mem0Records.PatchOf(change, record, $"memories[{index}]."))));
        }

        await EditAsync(edits);
        await SayAsync(context, $"Successfully updated {edits.Count} memories");
    }

    private async Task DeleteManyAsync(HttpContext context)
    {
        var edits = (await BatchAsync(context)).Select(item => (item.User, new MemoryEdit(item.Id, Deletion: new MemoryDeletion()))).ToList();
        await EditAsync(edits);
        await SayAsync(context, $"Successfully deleted {edits.Count} memories");
    }

    /// <summary>Makes the edits of a batch, those of a user all or none.</summary>
    private static async Task EditAsync(List<(IUserMemory User, MemoryEdit Edit)> edits)
    {
        foreach (var group in edits.Index().GroupBy(item => item.Item.User.Key))
        {
            var request = new EditRequest([.. group.Select(item => item.Item.Edit)]);
            await Mem0Fields.CallAsync(() => group.First().Item.User.EditMemoriesAsync(request, CancellationToken.None), [.. group.Select(item => item.Index)]);
        }
    }

    private async Task EntitiesAsync(HttpContext context)
    {
        var scope = ScopeOfQuery(context);
        var user = UserOf(context, scope);
        var (page, size) = PageOf(context);
        var known = await user.ListMemoriesAsync(new MemoryQuery { Filter = scope.ToFilter(), Limit = 1 }, context.RequestAborted);
        IReadOnlyList<Mem0Entity> entities = known.Total == 0 ? [] :
        [
            new Mem0Entity(user.Key.User, Mem0Records.ViewOf(known.Memories[0], user.Key.User).UserId, "user", known.Total, null, null, known.Memories[0].UpdatedAt),
        ];
        var answer = new Mem0Entities(entities.Count, null, page > 1 ? LinkTo(context, page - 1, size) : null, page == 1 ? entities : []);
        await JsonAnswer.WriteAsync(context, answer, Mem0Json.Default.Mem0Entities);
    }

    private async Task DeleteEntityAsync(HttpContext context)
    {
        var id = Mem0Ids.OfPath(context, "id");
        var type = context.Request.RouteValues["type"] as string;
        if (context.Request.Query.ContainsKey($"{type}_id"))
        {
            throw new InvalidRequestException($"{type}_id", "is in the path");
        }

        var given = ScopeOfQuery(context);
        var scope = type switch
        {
            "user" => Mem0Scope.Of(id, given.Agent, given.App, given.Run),
            "agent" => Mem0Scope.Of(given.User, id, given.App, given.Run),
            "app" => Mem0Scope.Of(given.User, given.Agent, id, given.Run),
            "run" => Mem0Scope.Of(given.User, given.Agent, given.App, id),
            _ => throw new InvalidRequestException("type", "must be one of user, agent, app, run"),
        };
        await ForgetAsync(context, scope);
        await SayAsync(context, "Entity deleted successfully!");
    }

    private async Task ForgetAsync(HttpContext context, Mem0Scope scope) =>
        await UserOf(context, scope).ForgetAsync(new ForgetRequest { Filter = scope.ToFilter(), All = true, Reason = "deleted by a client of mem0" }, CancellationToken.None);

    private async Task<List<(IUserMemory User, string Id, Mem0UpdateRequest Change)>> BatchAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, Mem0Json.Default.Mem0BatchRequest);
        var memories = request.Memories switch
        {
            null => throw new InvalidRequestException("memories", "is required"),
            { Count: 0 } => throw new InvalidRequestException("memories", "must not be empty"),
            { Count: > MemoryLimits.MaxEdits } => throw new TooLargeException("memories", $"must have at most {MemoryLimits.MaxEdits} items"),
            var given => given,
        };
        var found = new List<(IUserMemory User, string Id, Mem0UpdateRequest Change)>(memories.Count);
        foreach (var (index, memory) in memories.Index())
        {
            var change = memory ?? throw new InvalidRequestException($"memories[{index}]", "must be an object");
            var (user, id) = MemoryOf(context, change.MemoryId ?? throw new InvalidRequestException($"memories[{index}].memory_id", "is required"));
            found.Add((user, id, change));
        }

        return found;
    }

    private IUserMemory UserOf(HttpContext context, Mem0Scope scope) =>
        cluster.User(identity.User(context, scope.User is null ? null : Mem0Ids.Of(scope.User, RequestIdentity.UserField)));

    private (IUserMemory User, string Id) MemoryOf(HttpContext context, string? memory)
    {
        var (user, id) = Mem0Ids.Parse(memory);
        return (cluster.User(identity.User(context, user)), id);
    }

    private static Mem0Memory Shown(MemoryRecord record, IUserMemory user) => record.State == MemoryState.Deleted
        ? throw new NotFoundException("There is no such memory.")
        : Mem0Records.ViewOf(record, user.Key.User);

    private static Mem0Scope ScopeOfQuery(HttpContext context) => Mem0Scope.Of(
        RequestValues.Query(context.Request, "user_id"),
        RequestValues.Query(context.Request, "agent_id"),
        RequestValues.Query(context.Request, "app_id"),
        RequestValues.Query(context.Request, "run_id"));

    /// <summary>The page that is asked for, and its size.</summary>
    private static (int Page, int Size) PageOf(HttpContext context) => (
        (int)RequestValues.Query(context.Request, "page", fallback: 1, min: 1, max: 1_000_000),
        (int)RequestValues.Query(context.Request, "page_size", DefaultPage, min: 1, max: MemoryLimits.MaxPage));

    /// <summary>Where another page is: the query that was asked, with that page. What the body said must be sent again.</summary>
    private static string LinkTo(HttpContext context, int page, int size)
    {
        var query = new QueryBuilder(context.Request.Query.Where(given => given.Key is not ("page" or "page_size")))
        {
            { "page", page.ToString(CultureInfo.InvariantCulture) },
            { "page_size", size.ToString(CultureInfo.InvariantCulture) },
        };
        return $"{context.Request.Path}{query}";
    }

    private static Task SayAsync(HttpContext context, string message) => JsonAnswer.WriteAsync(context, new Mem0Message(message), Mem0Json.Default.Mem0Message);

    private static RouteDescription Describe(string summary, Type answer, Type? body = null, RouteParameter[]? parameters = null) => new(Tag, summary)
    {
        Details = "As mem0 has it.",
        Body = body,
        Parameters = parameters ?? [RouteParameter.User],
        Answers = [new RouteAnswer(200, answer, "Done.")],
        Problems = [403, 404, 409, 410, 413, 503],
    };
}
