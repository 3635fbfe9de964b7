using Granary.Core.Actors;
using Granary.Core.Recall.Filtering;
using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Granary.Core.Storage;
using Granary.Core.Users.Indexing;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    /// <summary>Characters of a query at the most.</summary>
    private const int MaxQuery = 8_192;

    /// <summary>Finds what fits among records and turns.</summary>
    public async Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken)
    {
        Validate(request);
        lock (Gate)
        {
            EnsureUsable();
        }

        var filter = MemoryFilterEvaluator.Compile(request.Filter);
        try
        {
            var asking = AskVectorAsync(request, cancellationToken);
            var (index, recaller) = await CurrentIndexAsync(cancellationToken).ConfigureAwait(false);
            var meaning = FindMeaning(index, request, await asking.ConfigureAwait(false));
            var now = _time.GetUtcNow();
            var search = new RecallSearch(index, recaller, new HitReader(Store, Key, index, now), _services.Tokens, filter, meaning, request, now);
            var result = await search.RunAsync(cancellationToken).ConfigureAwait(false);
            if (request.Touch && result.Hits.Where(hit => hit.Record is not null).Select(hit => hit.Id).ToList() is { Count: > 0 } used)
            {
                await TryTouchAsync(used, cancellationToken).ConfigureAwait(false);
            }

            return result;
        }
        catch (StorageException exception)
        {
            throw StoreFailed(exception);
        }
    }

    /// <summary>Notes that records were used, where the store takes it: what was found is answered all the same.</summary>
    private async Task TryTouchAsync(IReadOnlyCollection<string> used, CancellationToken cancellationToken)
    {
        try
        {
            await TouchAsync(used, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is UnavailableException or StorageException or ActivationLostException)
        {
            LogUseNotNoted(_services.Logger, exception);
        }
    }

    [LoggerMessage(23, LogLevel.Warning, "What was recalled could not be noted as used")]
    private static partial void LogUseNotNoted(ILogger logger, Exception exception);

    /// <summary>Messages that can be recalled now, and units that wait for a vector; null where there is no embedder.</summary>
    private async Task<(long Messages, int? Pending)> IndexedMessagesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (index, _) = await CurrentIndexAsync(cancellationToken).ConfigureAwait(false);
            lock (index.Gate)
            {
                return (index.Messages, index.Vectors?.Pending);
            }
        }
        catch (StorageException exception)
        {
            throw StoreFailed(exception);
        }
    }

    private static void Validate(RecallRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Query) || request.Query.Length > MaxQuery)
        {
            throw new InvalidRequestException("query", $"must have 1 to {MaxQuery} characters, not only white space");
        }

        if (request.Limit is < 1 or > MemoryLimits.MaxRecall)
        {
            throw new InvalidRequestException("limit", $"must be 1 to {MemoryLimits.MaxRecall}");
        }

        if (request.MaxTokens is < 1)
        {
            throw new InvalidRequestException("max_tokens", "must be 1 or more");
        }

        if (!(request.MinScore is >= 0 and <= 1))
        {
            throw new InvalidRequestException("min_score", "must be 0 to 1");
        }

        if (request is { Turns: false, Records: false })
        {
            throw new InvalidRequestException("records", "must not be false where turns is");
        }
    }
}
