using Granary.Core.Reflection;

namespace Granary.Core.Users.Indexing;

/// <summary>A session as the user's index knows it. Touched under the index's gate only.</summary>
internal sealed class IndexedSession(string id)
{
    private readonly List<long> _documents = [];
    private readonly List<(long From, long To)> _superseded = [];

    /// <summary>The session.</summary>
    public string Id { get; } = id;

    /// <summary>Its agent; null before the session was first looked at.</summary>
    public string? Agent { get; set; }

    /// <summary>Changes when the session is erased: what was read of it before must not be added after.</summary>
    public int Generation { get; private set; }

    /// <summary>Calls of memory's own tools, whose answers are not indexed.</summary>
    public MemoryToolCalls MemoryCalls { get; } = new();

    /// <summary>Messages of it in the index.</summary>
    public int Messages { get; set; }

    /// <summary>Which messages are in the index, or were looked at and left out.</summary>
    public SequenceCoverage Covered { get; private set; } = new();

    /// <summary>What was added since the last segment was written.</summary>
    public SessionStretch Unsealed { get; private set; } = new(id);

    /// <summary>Takes note of an append.</summary>
    public void AddDocument(long first)
    {
        var at = _documents.Count == 0 || _documents[^1] < first ? ~_documents.Count : _documents.BinarySearch(first);
        if (at < 0)
        {
            _documents.Insert(~at, first);
        }
    }

    /// <summary>The first sequence of the append that a message came in, or null if it was not read.</summary>
    public long? DocumentOf(long sequence)
    {
        var at = _documents.BinarySearch(sequence);
        at = at < 0 ? ~at - 1 : at;
        return at < 0 ? null : _documents[at];
    }

    /// <summary>Takes note of messages that left the view.</summary>
    public void AddSuperseded(long from, long to)
    {
        if (!_superseded.Contains((from, to)))
        {
            _superseded.Add((from, to));
        }
    }

    /// <summary>Whether a message left the view.</summary>
    public bool IsSuperseded(long sequence)
    {
        foreach (var (from, to) in _superseded)
        {
            if (sequence >= from && sequence <= to)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What was added is in a segment now.</summary>
    public void Seal() => Unsealed = new SessionStretch(Id) { Agent = Agent };

    /// <summary>Forgets all of it: the session was erased.</summary>
    public void Clear()
    {
        Generation++;
        Messages = 0;
        Agent = null;
        _documents.Clear();
        _superseded.Clear();
        Covered = new();
        Seal();
    }
}
