namespace Granary.Faults;

/// <summary>A session as the program knows it: all that was ever sent to it, and what it has promised.</summary>
internal sealed class Session(int number, bool stays)
{
    private const int Users = 8;

    private readonly Lock _gate = new();
    private readonly List<Append> _appends = [];
    private int _workers;

    public string Id { get; } = $"session-{number:00000}";

    public string User { get; } = $"user-{number % Users}";

    public int Number => number;

    /// <summary>Whether it takes messages for the whole run, so that long histories are restored too.</summary>
    public bool Stays => stays;

    /// <summary>From here on an append may be refused because the session is completed.</summary>
    public bool EndRequested { get; set; }

    /// <summary>When its end was acknowledged, in ticks of the stopwatch; null if it was not.</summary>
    public long? EndedAt { get; set; }

    public bool DeleteRequested { get; set; }

    public bool Deleted { get; set; }

    /// <summary>Whether the server had it when it was last asked.</summary>
    public bool Exists { get; set; }

    /// <summary>Whether its user's list must show it. Where the kill came between creating and listing it, maintenance lists it later.</summary>
    public bool MustBeListed { get; set; }

    /// <summary>The greatest sequence that an answer has shown: readers have seen it, it must stay.</summary>
    public long Seen { get; private set; }

    /// <summary>The greatest compaction epoch that an answer has shown.</summary>
    public int Epoch { get; private set; } = 1;

    /// <summary>All appends, in the order in which they were first sent.</summary>
    public Append[] Appends
    {
        get
        {
            lock (_gate)
            {
                return [.. _appends];
            }
        }
    }

    /// <summary>Takes a place at the session; it is given back with <see cref="Leave"/>.</summary>
    /// <param name="limit">How many there are.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryEnter(int limit)
    {
        if (Interlocked.Increment(ref _workers) <= limit)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _workers);

    public void Add(Append append)
    {
        lock (_gate)
        {
            _appends.Add(append);
        }
    }

    /// <summary>One of its newest appends that were acknowledged with a key; null if there is none.</summary>
    public Append? RecentKeyed(Random random)
    {
        lock (_gate)
        {
            var recent = _appends.Skip(_appends.Count - 20).Where(append => append is { Outcome: Outcome.Acknowledged, Key: not null }).ToArray();
            return recent.Length == 0 ? null : recent[random.Next(recent.Length)];
        }
    }

    /// <summary>Takes note of what an answer has shown.</summary>
    public void Note(long lastSequence, int epoch = 1)
    {
        lock (_gate)
        {
            Seen = Math.Max(Seen, lastSequence);
            Epoch = Math.Max(Epoch, epoch);
        }
    }
}
