using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>Keeps a head's list of replaced pages short, and removes those that nobody can be reading any more.</summary>
internal sealed class GarbageBin(RecordGateway gateway, PagedLimits limits)
{
    /// <summary>Plain entries that one commit removes at the most.</summary>
    private const int MostAtOnce = 128;

    /// <summary>Adds what a plan replaced and, where the list is too long for the head, a page to the plan that takes it.</summary>
    public ImmutableArray<Garbage> Add(ImmutableArray<Garbage> list, FlushPlan plan, IEnumerable<long> leftovers, DateTimeOffset now)
    {
        list = list
            .AddRange(leftovers.Select(flush => new Garbage(GarbageKind.Flush, new PageId(flush, 0), now)))
            .AddRange(plan.Replaced.Select(page => new Garbage(GarbageKind.Page, page, now)));

        var (plain, lists) = (list.RemoveAll(g => g.Kind is GarbageKind.List), list.RemoveAll(g => g.Kind is not GarbageKind.List));
        if (plain.Length > limits.Garbage)
        {
            lists = lists.Add(Pack(plain, plan));
            plain = [];
        }

        if (lists.Length > limits.GarbageLists)
        {
            // The older half goes together; its youngest says when.
            var half = lists.Length / 2;
            lists = lists.RemoveRange(0, half).Insert(0, Pack(lists[..half], plan));
        }

        return lists.AddRange(plain);
    }

    /// <summary>Removes pages whose time is over: some, so that no commit waits long.</summary>
    /// <returns>The list without them.</returns>
    public async ValueTask<ImmutableArray<Garbage>> RemoveExpiredAsync(string partition, ImmutableArray<Garbage> list, DateTimeOffset now)
    {
        var expired = list.Where(g => now - g.Since >= limits.GarbageAge).ToList();
        if (expired.Count == 0)
        {
            return list;
        }

        var removed = expired.Where(g => g.Kind is not GarbageKind.List).Take(MostAtOnce)
            .Concat(expired.Where(g => g.Kind is GarbageKind.List).Take(1)).ToHashSet();
        await RemoveAsync(partition, removed).ConfigureAwait(false);
        return list.RemoveAll(removed.Contains);
    }

    /// <summary>Removes garbage and all that it lists. May be done again after it was broken off.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="garbage">What to remove.</param>
    /// <param name="keep">Which pages to leave although they are garbage; none if null.</param>
    public async ValueTask RemoveAsync(string partition, IEnumerable<Garbage> garbage, Func<PageId, bool>? keep = null)
    {
        var all = garbage.ToLookup(g => g.Kind);
        foreach (var list in all[GarbageKind.List])
        {
            try
            {
                var page = await gateway.ReadPageAsync<GarbagePage>(partition, list.Page, CancellationToken.None).ConfigureAwait(false);
                await RemoveAsync(partition, page.Garbage, keep).ConfigureAwait(false);
                await DeleteAsync(list.Page).ConfigureAwait(false);
            }
            catch (PageMissingException)
            {
                // Removed before the head could say so.
            }
        }

        foreach (var flush in all[GarbageKind.Flush].Where(f => keep?.Invoke(f.Page) is not true))
        {
            await gateway.DeleteFlushAsync(partition, flush.Page.Flush).ConfigureAwait(false);
        }

        await gateway.ForEachAsync(all[GarbageKind.Page], g => DeleteAsync(g.Page)).ConfigureAwait(false);

        ValueTask DeleteAsync(PageId page) => keep?.Invoke(page) is true ? default : gateway.DeletePageAsync(partition, page);
    }

    private static Garbage Pack(ImmutableArray<Garbage> garbage, FlushPlan plan) =>
        new(GarbageKind.List, plan.Add(new GarbagePage(garbage)), garbage.Max(g => g.Since));
}
