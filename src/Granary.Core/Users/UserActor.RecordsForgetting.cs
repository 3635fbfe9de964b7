using Granary.Core.Recall.Filtering;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    /// <summary>Ids that the answer to a call of forgetting names.</summary>
    private const int MaxForgottenIds = 1_000;

    private static readonly MemoryState[] LivingStates = [MemoryState.Active, MemoryState.Expiring, MemoryState.Expired, MemoryState.Archived];

    /// <summary>Forgets records by a policy, in commits that others can come between.</summary>
    public async Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken)
    {
        MemoryValidator.Validate(request);
        var filter = MemoryFilterEvaluator.Compile(request.Filter);
        var now = _time.GetUtcNow();

        // A policy weighs what is recalled; who wants all gone means what was put aside as well.
        var states = request is { All: true, Archive: false } ? LivingStates : ActiveStates;
        var candidates = new List<ForgetCandidate>();
        Select(filter, states, now, (in RecordRow row) => candidates.Add(new ForgetCandidate(in row, now)));
        if (filter.NeedsMetadata)
        {
            candidates = await AdmittedAsync(filter, candidates, cancellationToken).ConfigureAwait(false);
        }

        var chosen = ForgetPolicy.Choose(request, candidates, now);
        var ids = new List<string>(Math.Min(chosen.Count, MaxForgottenIds));
        var forgotten = chosen.Count;
        if (request.DryRun)
        {
            ids.AddRange(chosen.Take(MaxForgottenIds).Select(c => c.Id));
        }
        else
        {
            forgotten = await ForgetAsync(request, chosen, ids, cancellationToken).ConfigureAwait(false);
        }

        return new ForgetResult(forgotten, ids, candidates.Count - forgotten, request.DryRun);
    }

    private async Task<int> ForgetAsync(ForgetRequest request, List<ForgetCandidate> chosen, List<string> ids, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        await ChangeInCommitsAsync(
            chosen,
            static candidate => candidate.Id,
            (plan, candidate, document) =>
            {
                // Who used, changed or pinned it since it was chosen does not want it forgotten.
                if (!candidate.IsStill(document))
                {
                    return false;
                }

                if (request.Archive)
                {
                    plan.Archive(document, request.Reason ?? "A policy put it aside.");
                }
                else
                {
                    plan.Delete(document, request.Reason ?? "A policy forgot it.");
                }

                return true;
            },
            candidate =>
            {
                forgotten++;
                if (ids.Count < MaxForgottenIds)
                {
                    ids.Add(candidate.Id);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return forgotten;
    }

    /// <summary>Changes any number of records, as many in each commit as it takes; between two commits others have their turn.</summary>
    /// <param name="items">What is changed.</param>
    /// <param name="idOf">The record of an item.</param>
    /// <param name="change">Decides under the gate; answers whether it changed the record.</param>
    /// <param name="changed">Told of each that was, once it is durable.</param>
    /// <param name="cancellationToken">Ends the work between two commits.</param>
    private async Task ChangeInCommitsAsync<T>(
        IReadOnlyList<T> items, Func<T, string> idOf, Func<RecordPlan, T, RecordDocument, bool> change, Action<T>? changed, CancellationToken cancellationToken)
    {
        for (var from = 0; from < items.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (next, done) = await DecideAsync(
                plan =>
                {
                    var hits = new List<T>();
                    var at = from;

                    // Records whose documents are missing do not fill the plan; as many of them are read as it could take.
                    for (; at < items.Count && plan.HasRoom && plan.Missing.Count < RecordPlan.MaxRecordsPerCommit; at++)
                    {
                        if (plan.TryFind(idOf(items[at]), out var document) && document is not null && change(plan, items[at], document))
                        {
                            hits.Add(items[at]);
                        }
                    }

                    return (at, hits);
                },
                cancellationToken).ConfigureAwait(false);
            from = next;
            if (changed is not null)
            {
                done.ForEach(changed);
            }
        }
    }

    private async Task<List<ForgetCandidate>> AdmittedAsync(MemoryFilterEvaluator filter, List<ForgetCandidate> candidates, CancellationToken cancellationToken)
    {
        var admitted = new List<ForgetCandidate>();
        for (var from = 0; from < candidates.Count; from += StorageLimits.MaxIdsPerGet)
        {
            var some = candidates.GetRange(from, Math.Min(StorageLimits.MaxIdsPerGet, candidates.Count - from));
            var read = new Dictionary<string, RecordDocument>(StringComparer.Ordinal);
            await ReadRecordsAsync([.. some.Select(c => c.Id)], read, cancellationToken).ConfigureAwait(false);
            admitted.AddRange(some.Where(c => read.TryGetValue(c.Id, out var document) && filter.AdmitsMetadata(document.Record.Metadata)));
        }

        return admitted;
    }
}
