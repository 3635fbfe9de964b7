namespace Granary.Core.Recall.Vectors;

/// <summary>Keeps the best hits that are offered: a heap with the worst of them on top. Not thread-safe; each worker has its own.</summary>
internal sealed class TopHits(int capacity)
{
    /// <summary>First room; grows as hits come, so that a great number asked of a small index costs nothing.</summary>
    private const int Initial = 64;

    private Candidate[] heap = new Candidate[Math.Min(capacity, Initial)];

    public int Count { get; private set; }

    /// <summary>Lower scores are not worth offering.</summary>
    public float Floor { get; private set; } = float.NegativeInfinity;

    /// <summary>The hits in no order.</summary>
    public ReadOnlySpan<Candidate> Hits => heap.AsSpan(0, Count);

    public void Offer(Candidate hit)
    {
        if (Count < capacity)
        {
            if (Count == heap.Length)
            {
                Array.Resize(ref heap, (int)Math.Min(capacity, 2L * Count));
            }

            Rise(Count++, hit);
        }
        else if (hit.CompareTo(heap[0]) < 0)
        {
            Sink(hit);
        }

        if (Count == capacity)
        {
            Floor = heap[0].Score;
        }
    }

    private void Rise(int at, Candidate hit)
    {
        while (at > 0 && hit.CompareTo(heap[(at - 1) / 2]) > 0)
        {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        heap[at] = hit;
    }

    private void Sink(Candidate hit)
    {
        var at = 0;
        for (var child = 1; child < Count; child = (2 * at) + 1)
        {
            if (child + 1 < Count && heap[child + 1].CompareTo(heap[child]) > 0)
            {
                child++;
            }

            if (hit.CompareTo(heap[child]) >= 0)
            {
                break;
            }

            heap[at] = heap[child];
            at = child;
        }

        heap[at] = hit;
    }
}
