namespace Granary.Core.Recall.Ranking;

/// <summary>The best of many, kept in a heap whose root is the least of them. Equal scores: the greater number is better.</summary>
internal sealed class TopHits(int limit)
{
    private readonly PriorityQueue<int, (double Score, int Unit)> heap = new(Math.Min(limit, 1024) + 1);

    /// <summary>What a score must pass to be among them.</summary>
    public double Threshold => heap.Count < limit ? 0 : heap.TryPeek(out _, out var least) ? least.Score : 0;

    /// <summary>Offers one.</summary>
    public void Offer(int unit, double score)
    {
        if (heap.Count < limit)
        {
            heap.Enqueue(unit, (score, unit));
        }
        else if (heap.TryPeek(out _, out var least) && (score, unit).CompareTo(least) > 0)
        {
            heap.DequeueEnqueue(unit, (score, unit));
        }
    }

    /// <summary>All, best first; empties it.</summary>
    public List<(int Unit, double Score)> Drain()
    {
        var all = new List<(int, double)>(heap.Count);
        while (heap.TryDequeue(out var unit, out var priority))
        {
            all.Add((unit, priority.Score));
        }

        all.Reverse();
        return all;
    }
}
