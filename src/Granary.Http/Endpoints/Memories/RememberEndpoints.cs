using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary><c>POST /memory/remember</c> and <c>POST /memory/remember/batch</c>: keeps memories about a user.</summary>
internal sealed class RememberEndpoints(IMemoryCluster cluster, RequestIdentity identity, TimeProvider time)
{
    public void Map(RouteTable routes) => routes
        .Post("/memory/remember", GranaryScope.User, RememberAsync, new RouteDescription("Long-term memory", "Keep a memory")
        {
            Details = "Answered when it is durable. What says exactly the same as an active memory of the same kind and agent is not stored again, "
                + "so that the call can be repeated; with an id it can be told from others that say the same.",
            Body = typeof(RememberMemoryRequest),
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(RememberMemoryResponse), "The memory is durable.")],
            Problems = [403, 409, 410, 413, 503],
        })
        .Post("/memory/remember/batch", GranaryScope.User, RememberManyAsync, new RouteDescription("Long-term memory", "Keep many memories")
        {
            Details = "1 to 100 memories of one user, all or none.",
            Body = typeof(RememberMemoriesRequest),
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(RememberMemoriesResponse), "All are durable.")],
            Problems = [403, 409, 410, 413, 503],
        });

    private async Task RememberAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.RememberMemoryRequest);
        var user = cluster.User(identity.User(context, request.UserId));
        var draft = MemoryDrafts.Of(request, time.GetUtcNow());

        // No token: what was accepted is finished, whether the caller waits for it or not.
        var kept = await MemoryNames.CallAsync(() => user.RememberAsync(new RememberRequest([draft]), CancellationToken.None), "memories[0]", "");
        await JsonAnswer.WriteAsync(context, AnswerOf(kept.Outcomes[0]), GranaryJson.Default.RememberMemoryResponse);
    }

    private async Task RememberManyAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.RememberMemoriesRequest);
        var key = identity.User(context, request.UserId);
        var memories = request.Memories switch
        {
            null => throw new InvalidRequestException("memories", "is required"),
            { Count: 0 } => throw new InvalidRequestException("memories", "must not be empty"),
            { Count: > MemoryLimits.MaxBatch } => throw new TooLargeException("memories", $"must have at most {MemoryLimits.MaxBatch} items"),
            var given => given,
        };
        var now = time.GetUtcNow();
        var drafts = memories.Select((memory, index) => DraftOf(memory, index, key, now)).ToList();
        var kept = await cluster.User(key).RememberAsync(new RememberRequest(drafts), CancellationToken.None);
        var results = kept.Outcomes.Select(AnswerOf).ToList();
        var duplicates = results.Count(result => result.Status == RememberStatus.Duplicate);
        await JsonAnswer.WriteAsync(
            context, new RememberMemoriesResponse(results, results.Count - duplicates, duplicates), GranaryJson.Default.RememberMemoriesResponse);
    }

    private static MemoryDraft DraftOf(RememberMemoryRequest? memory, int index, UserKey user, DateTimeOffset now)
    {
        var path = $"memories[{index}]";
        if (memory is null)
        {
            throw new InvalidRequestException(path, "must be an object");
        }

        return memory.UserId is null || memory.UserId == user.User
            ? MemoryDrafts.Of(memory, now, path + ".")
            : throw new InvalidRequestException(path + ".user_id", "differs from the batch's user: all are of one");
    }

    private static RememberMemoryResponse AnswerOf(MemoryOutcome outcome) => new(
        outcome.Record.Id, outcome.Event == MemoryEvent.None ? RememberStatus.Duplicate : RememberStatus.Stored, outcome.Event, outcome.Record);
}
