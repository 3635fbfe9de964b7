using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>Applies the writes of a commit to the tail of a head, and moves to the pages what the tail is too full for.</summary>
internal sealed class TailChange(string partition, RecordGateway gateway, PagedStoreOptions options, FlushPlan plan)
{
    private readonly PagedLimits _limits = options.Limits;

    /// <summary>Whether a document that the commit inserts exists.</summary>
    public static async ValueTask<bool> AnyExistsAsync(PartitionView view, IReadOnlyList<DocumentWrite> writes)
    {
        for (var i = 0; i < writes.Count; i++)
        {
            if (writes[i].Kind is WriteKind.Insert && await view.FindAsync(writes[i].Id).ConfigureAwait(false) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The head after the writes. Its version and due time are as they were.</summary>
    /// <param name="head">The head before them.</param>
    /// <param name="writes">The writes.</param>
    /// <param name="empty">Whether all of the tail moves to the pages, not only what it is too full for.</param>
    public async ValueTask<PartitionHead> ApplyAsync(PartitionHead head, IReadOnlyList<DocumentWrite> writes, bool empty)
    {
        for (var i = 0; i < writes.Count; i++)
        {
            head = await ApplyAsync(head, writes[i]).ConfigureAwait(false);
        }

        return await FlushAsync(head, empty ? [.. head.Tail] : Overflow(head.Tail)).ConfigureAwait(false);
    }

    private async ValueTask<PartitionHead> ApplyAsync(PartitionHead head, DocumentWrite write)
    {
        var view = new PartitionView(partition, head, gateway, CancellationToken.None);
        var at = view.TailFrom(write.Id);
        var replaces = at < head.Tail.Length && head.Tail[at].Id == write.Id;
        if (replaces)
        {
            plan.Replace(head.Tail[at].Body);
        }

        if (write.Kind is not WriteKind.Delete)
        {
            var appended = !replaces && await view.IsGreatestAsync(write.Id).ConfigureAwait(false);
            var document = new TailDocument(write.Id, Store(write.Body), appended, head.NextOrder);
            return head with { NextOrder = head.NextOrder + 1, Tail = replaces ? head.Tail.SetItem(at, document) : head.Tail.Insert(at, document) };
        }

        if (await view.FindInPagesAsync(write.Id).ConfigureAwait(false) is not null)
        {
            var removal = new TailDocument(write.Id, StoredBody.Removed, false, head.NextOrder);
            return head with { NextOrder = head.NextOrder + 1, Tail = replaces ? head.Tail.SetItem(at, removal) : head.Tail.Insert(at, removal) };
        }

        return replaces ? head with { Tail = head.Tail.RemoveAt(at) } : head;
    }

    // The head outlives the commit in memory, the caller's bytes do not.
    private StoredBody Store(ReadOnlyMemory<byte> body) =>
        body.Length > _limits.BlobBytes ? plan.AddBlob(body) : StoredBody.Inline(body.ToArray());

    /// <summary>What is to move: the whole redo list when it is full, the oldest of the log when that is.</summary>
    private List<TailDocument> Overflow(ImmutableArray<TailDocument> tail)
    {
        var log = tail.Where(d => d.Appended).OrderBy(d => d.Order).ToList();
        var map = tail.Where(d => !d.Appended && !IsSingleton(d)).ToList();
        var singletons = tail.Where(IsSingleton).ToList();
        if (singletons.Count > _limits.Singletons)
        {
            map.AddRange(singletons);
        }

        var moving = new List<TailDocument>();
        if (map.Count > _limits.Redo || map.Sum(d => d.Weight) > _limits.RedoBytes)
        {
            moving.AddRange(map);
        }

        var bytes = log.Sum(d => d.Weight);
        if (log.Count >= options.LogRun * 2 || bytes > _limits.LogBytes)
        {
            for (var oldest = 0; log.Count - oldest > options.LogRun || bytes > _limits.LogBytes / 2; oldest++)
            {
                moving.Add(log[oldest]);
                bytes -= log[oldest].Weight;
            }
        }

        return moving;
    }

    private bool IsSingleton(TailDocument document) =>
        document.Body.Kind is StoredKind.Inline && document.Weight <= _limits.SingletonBytes && !document.Id.Contains(':');

    private async ValueTask<PartitionHead> FlushAsync(PartitionHead head, List<TailDocument> moving)
    {
        if (moving.Count == 0)
        {
            return head;
        }

        moving.Sort(static (a, b) => string.CompareOrdinal(a.Id, b.Id));
        head = await new TreeMerge(partition, gateway, plan, _limits).MergeAsync(head, moving).ConfigureAwait(false);
        var moved = moving.Select(d => d.Id).ToHashSet(StringComparer.Ordinal);
        return head with { Tail = [.. head.Tail.Where(d => !moved.Contains(d.Id))] };
    }
}
