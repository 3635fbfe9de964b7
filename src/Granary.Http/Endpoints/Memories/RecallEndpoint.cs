using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Providers;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary><c>POST /memory/recall</c>: finds what fits among all that is known of a user.</summary>
internal sealed class RecallEndpoint(IMemoryCluster cluster, RequestIdentity identity, MemoryProvidersOptions? options = null)
{
    public void Map(RouteTable routes) => routes.Post("/memory/recall", GranaryScope.User, InvokeAsync, new RouteDescription("Long-term memory", "Recall what fits")
    {
        Details = "Looks through the user's memory records and the messages of all the user's sessions, also those stored a moment ago. Filters are never relaxed; "
            + "a filter of another name than the ones below is refused. Where messages and records are looked through together, records that only repeat messages "
            + "(origin repeated: learned without a model, in the messages' own words, never changed by a caller) are left out, unless the filters name kinds or metadata.",
        Body = typeof(RecallMemoriesRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(RecallMemoriesResponse), "What was found, the best first; empty for a user nobody has heard of.")],
        Problems = [403, 410, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.RecallMemoriesRequest);
        var user = cluster.User(identity.User(context, request.UserId));
        var recall = RequestOf(request);
        var found = await MemoryNames.CallAsync(() => user.RecallAsync(recall, context.RequestAborted), "filter", MemoryFilters.Field);
        var answer = new RecallMemoriesResponse
        {
            Memories = [.. found.Hits.Select(hit => RecalledMemories.Of(hit, user.Key.User))],
            Count = found.Hits.Count,
            Tokens = found.Tokens,
            Mode = found.Mode,
            Fallback = found.Fallback,
        };
        await JsonAnswer.WriteAsync(context, answer, GranaryJson.Default.RecallMemoriesResponse);
    }

    private RecallRequest RequestOf(RecallMemoriesRequest request)
    {
        if (request is { Turns: false, Records: false })
        {
            throw new InvalidRequestException("records", "must be true where turns is false: one of them must be looked through");
        }

        if (request.Limit is < 1 or > MemoryLimits.MaxRecall)
        {
            throw new InvalidRequestException("limit", $"must be a whole number from 1 to {MemoryLimits.MaxRecall}");
        }

        if (request.MaxTokens is < 1)
        {
            throw new InvalidRequestException("max_tokens", "must be 1 or more");
        }

        if (request.MinScore is not (null or (>= 0 and <= 1)))
        {
            throw new InvalidRequestException("min_score", "must be a number from 0 to 1");
        }

        var recall = new RecallRequest
        {
            Query = QueryText.Require(request.Query),
            Filter = MemoryFilters.Of(request.Filters),
            Mode = request.Mode ?? RecallMode.Auto,
            Turns = request.Turns ?? true,
            Records = request.Records ?? true,
            MaxTokens = request.MaxTokens,
            MinScore = request.MinScore ?? 0,
            GroupBySession = request.GroupBy == RecallGrouping.Session,
            Touch = request.Touch ?? false,
        };
        return recall with { Limit = request.Limit ?? options?.RecallLimit ?? recall.Limit };
    }
}
