using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Granary.Core.Storage;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged.Histories;

/// <summary>A state that a partition had: what a reader of that moment must see.</summary>
internal sealed record TrueState(
    long Version, bool Erased, long Attempt, DateTimeOffset? Due, ImmutableSortedDictionary<string, byte[]> Documents)
{
    public static readonly ImmutableSortedDictionary<string, byte[]> NoDocuments = ImmutableSortedDictionary.Create<string, byte[]>(StringComparer.Ordinal);

    public static TrueState Missing { get; } = new(0, false, 0, null, NoDocuments);

    public bool Lives => Version != 0;

    /// <summary>How the port's contract answers a commit in this state.</summary>
    public CommitStatus Answer(PartitionCommit commit) => this switch
    {
        { Erased: true } when !commit.Recreate => CommitStatus.Erased,
        _ when commit.Expected.Value != Version => CommitStatus.Conflict,
        _ when commit.Writes.Any(w => w.Kind is WriteKind.Insert && Documents.ContainsKey(w.Id)) => CommitStatus.DocumentExists,
        _ => CommitStatus.Committed,
    };

    public ImmutableSortedDictionary<string, byte[]> After(PartitionCommit commit)
    {
        var documents = Documents.ToBuilder();
        foreach (var write in commit.Writes)
        {
            if (write.Kind is WriteKind.Delete)
            {
                documents.Remove(write.Id);
            }
            else
            {
                documents[write.Id] = write.Body.ToArray();
            }
        }

        return documents.ToImmutable();
    }
}

/// <summary>
/// The states of one partition in their order, followed by the head records as they are really written. Each commit of a history stamps
/// document <c>h</c>, which never leaves the head, with its number: so a head says whose it is.
/// </summary>
internal sealed class PartitionTruth(string partition, Violations violations)
{
    public const string Stamp = "h";

    private readonly Dictionary<long, PartitionCommit> _attempts = [];
    private readonly HashSet<long> _refused = [];
    private readonly HashSet<long> _versions = [];
    private readonly List<TrueState> _states = [TrueState.Missing];

    public string Partition => partition;

    public int Last => _states.Count - 1;

    public TrueState Tip => _states[^1];

    public IReadOnlyList<TrueState> States => _states;

    /// <summary>The states that the partition had since a moment.</summary>
    public IEnumerable<TrueState> Since(int state) => _states.Skip(state);

    public void Attempt(long number, PartitionCommit commit) => _attempts.Add(number, commit);

    public void Refuse(long number)
    {
        if (!_refused.Add(number) || _states.Any(s => s.Attempt == number))
        {
            violations.Add($"a commit of {partition} was refused and is there");
        }
    }

    /// <summary>A head was written.</summary>
    public void Written(ReadOnlyMemory<byte> record)
    {
        var head = HeadCodec.Decode(record);
        if (head.State is HeadState.Reserved)
        {
            return;
        }

        if (head.State is not HeadState.Live)
        {
            if (!Tip.Erased)
            {
                Erase(head);
            }

            return;
        }

        if (head.Version == Tip.Version)
        {
            return;
        }

        var stamp = head.Tail.Single(d => d.Id == Stamp).Body.Bytes.Span;
        var number = long.Parse(Encoding.ASCII.GetString(stamp), CultureInfo.InvariantCulture);
        var commit = _attempts[number];
        if (_refused.Contains(number) || _states.Any(s => s.Attempt == number))
        {
            violations.Add($"a commit of {partition} was applied after it was refused, or twice");
        }

        if (Tip.Answer(commit) is not CommitStatus.Committed)
        {
            violations.Add($"a commit of {partition} was applied where it must be {Tip.Answer(commit)}");
        }

        if (!_versions.Add(head.Version))
        {
            violations.Add($"a version of {partition} came twice");
        }

        _states.Add(new TrueState(head.Version, false, number, commit.DueAt, Tip.After(commit)));
    }

    /// <summary>The head was removed.</summary>
    public void Removed()
    {
        if (!Tip.Erased)
        {
            violations.Add($"{partition} was purged while it lived");
        }

        _states.Add(TrueState.Missing);
    }

    private void Erase(PartitionHead head)
    {
        if (!_versions.Add(head.Version))
        {
            violations.Add($"a version of {partition} came twice");
        }

        _states.Add(new TrueState(0, true, 0, head.EffectiveDue, TrueState.NoDocuments));
    }
}

/// <summary>What a history did that it must not.</summary>
internal sealed class Violations
{
    private readonly List<string> _all = [];

    public IReadOnlyList<string> All => _all;

    public void Add(string violation) => _all.Add(violation);
}
