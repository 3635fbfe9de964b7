using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary><c>POST /memory/store/batch</c>: up to 100 turns, each an append of its own.</summary>
internal sealed class StoreBatchEndpoint(IMemoryCluster cluster, RequestIdentity identity, Batches batches)
{
    public void Map(RouteTable routes) => routes.Post("/memory/store/batch", GranaryScope.User, InvokeAsync, new RouteDescription("Memory", "Store many turns")
    {
        Details = "Up to 100 turns, each stored on its own with its own idempotency_key: one that is refused does not stop the rest. "
            + "Turns of one session are stored in the order given. The list may also be called items.",
        Body = typeof(StoreBatchRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(StoreBatchResponse), "A result or a problem for each turn, in order.")],
        Problems = [403, 413],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var batch = await Batches.ReadAsync(context, GranaryJson.Default.StoreTurnRequest, "turns", "items");
        RequestIdentity.RequireAgreement(context, batch.UserId);
        var results = new StoreBatchItem[batch.Items.Count];
        var bySession = new Dictionary<SessionKey, List<(int Index, AppendRequest Append)>>();
        for (var index = 0; index < results.Length; index++)
        {
            var item = batch.Items[index];
            try
            {
                var turn = item.Required;
                var key = identity.Session(context, turn.SessionId ?? batch.SessionId, turn.UserId ?? batch.UserId, item.Path);
                var idempotencyKey = turn.IdempotencyKey is { } given ? RequestValues.RequireIdempotencyKey(given, item.Path + "idempotency_key") : null;
                var append = TurnStore.ToAppend(turn, idempotencyKey, prefix: item.Path);
                if (!bySession.TryGetValue(key, out var list))
                {
                    bySession[key] = list = [];
                }

                list.Add((index, append));
            }
            catch (Exception error)
            {
                results[index] = Failed(context, error);
            }
        }

        await Task.WhenAll(bySession.Select(session => StoreAsync(context, cluster.Session(session.Key), session.Value, batch, results)));
        var stored = results.Count(result => result.Result is not null);
        await JsonAnswer.WriteAsync(context, new StoreBatchResponse(results, stored, results.Length - stored), GranaryJson.Default.StoreBatchResponse);
    }

    /// <summary>Stores a session's turns one after the other, so that their order is the caller's.</summary>
    private async Task StoreAsync(
        HttpContext context, ISessionMemory session, List<(int Index, AppendRequest Append)> turns, Batch<StoreTurnRequest> batch, StoreBatchItem[] results)
    {
        foreach (var (index, append) in turns)
        {
            try
            {
                var stored = await TurnStore.AppendAsync(session, append, batch.Items[index].Path);
                results[index] = new StoreBatchItem(TurnStore.ToAnswer(stored), null);
            }
            catch (Exception error)
            {
                results[index] = Failed(context, error);
            }
        }
    }

    private StoreBatchItem Failed(HttpContext context, Exception error) => new(null, batches.ProblemOf(context, error));
}
