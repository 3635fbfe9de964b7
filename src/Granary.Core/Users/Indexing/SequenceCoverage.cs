namespace Granary.Core.Users.Indexing;

/// <summary>Which sequences of a session are in the index: as a rule one stretch from 1 on, with gaps where a segment was dropped.</summary>
internal sealed class SequenceCoverage
{
    // Disjoint, in order, never touching.
    private readonly List<(long From, long To)> _stretches = [];

    /// <summary>The stretches, in order.</summary>
    public IReadOnlyList<(long From, long To)> Stretches => _stretches;

    /// <summary>Adds a stretch; both ends belong to it.</summary>
    public void Add(long from, long to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        var at = _stretches.FindIndex(stretch => stretch.To >= from - 1);
        if (at < 0)
        {
            _stretches.Add((from, to));
            return;
        }

        var end = at;
        while (end < _stretches.Count && _stretches[end].From <= to + 1)
        {
            from = Math.Min(from, _stretches[end].From);
            to = Math.Max(to, _stretches[end].To);
            end++;
        }

        _stretches.RemoveRange(at, end - at);
        _stretches.Insert(at, (from, to));
    }

    /// <summary>Takes a stretch out.</summary>
    public void Remove(long from, long to)
    {
        for (var i = _stretches.Count - 1; i >= 0; i--)
        {
            var (first, last) = _stretches[i];
            if (last < from || first > to)
            {
                continue;
            }

            _stretches.RemoveAt(i);
            if (last > to)
            {
                _stretches.Insert(i, (to + 1, last));
            }

            if (first < from)
            {
                _stretches.Insert(i, (first, from - 1));
            }
        }
    }

    /// <summary>What is missing from a sequence on: the first that is, and the last before the next stretch (or <see cref="long.MaxValue"/>).</summary>
    public (long From, long To) NextGap(long from)
    {
        foreach (var (first, last) in _stretches)
        {
            if (from < first)
            {
                return (from, first - 1);
            }

            if (from <= last)
            {
                from = last + 1;
            }
        }

        return (from, long.MaxValue);
    }
}
