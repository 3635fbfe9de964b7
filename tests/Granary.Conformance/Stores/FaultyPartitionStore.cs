using Granary.Core.Storage;

namespace Granary.Conformance.Stores;

/// <summary>
/// A store that fails, waits or dies where a test wants it to, over one that works; and counts what passes. Thread-safe.
/// </summary>
/// <param name="inner">The store that does the work.</param>
public sealed class FaultyPartitionStore(IPartitionStore inner) : IPartitionStore
{
    private readonly Lock _gate = new();
    private readonly List<Fault> _commitFaults = [];
    private readonly List<Fault> _deleteFaults = [];
    private readonly List<Fault> _readFaults = [];
    private readonly List<CommitGate> _gates = [];
    private readonly List<PartitionGate> _readGates = [];
    private readonly List<PartitionGate> _deleteGates = [];
    private (TimeSpan By, TimeProvider Time)? _delay;
    private StoreCounts _counts = StoreCounts.Zero;

    /// <summary>The store beneath: what really is stored.</summary>
    public IPartitionStore Inner => inner;

    /// <summary>Whether the store is down: see <see cref="Crash"/>.</summary>
    public bool IsCrashed { get; private set; }

    /// <summary>What has passed since the beginning or the last <see cref="TakeCounts"/>.</summary>
    public StoreCounts Counts
    {
        get
        {
            lock (_gate)
            {
                return _counts;
            }
        }
    }

    /// <summary>Returns the counts and starts again from zero.</summary>
    public StoreCounts TakeCounts()
    {
        lock (_gate)
        {
            (var counts, _counts) = (_counts, StoreCounts.Zero);
            return counts;
        }
    }

    /// <summary>Fails the next commits with a <see cref="StorageException"/>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="point">Whether they are written before they fail.</param>
    /// <param name="when">Which; all if null.</param>
    public void FailCommits(int count = 1, FaultPoint point = FaultPoint.BeforeWrite, Func<PartitionCommit, bool>? when = null) =>
        Add(_commitFaults, new Fault(point, commit => when?.Invoke((PartitionCommit)commit) ?? true) { Left = count });

    /// <summary>Fails the next deletes with a <see cref="StorageException"/>.</summary>
    public void FailDeletes(int count = 1, FaultPoint point = FaultPoint.BeforeWrite) =>
        Add(_deleteFaults, new Fault(point, _ => true) { Left = count });

    /// <summary>Fails the next reads (read, get, due) with a <see cref="StorageException"/>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="when">Of which partitions; of all, and due queries, if null.</param>
    public void FailReads(int count = 1, Func<string, bool>? when = null) =>
        Add(_readFaults, new Fault(FaultPoint.BeforeWrite, partition => when?.Invoke((string)partition) ?? true) { Left = count });

    /// <summary>Crashes the store at a commit: it fails, and everything after it until <see cref="Recover"/>.</summary>
    /// <param name="commit">The how many-th matching commit from now, 1 or more.</param>
    /// <param name="point">Whether that commit is still written.</param>
    /// <param name="when">Which commits count; all if null.</param>
    public void CrashAt(int commit, FaultPoint point, Func<PartitionCommit, bool>? when = null) =>
        Add(_commitFaults, new Fault(point, c => when?.Invoke((PartitionCommit)c) ?? true) { Skip = commit - 1, Left = 1, Crashes = true });

    /// <summary>Takes the store down: every call fails with a <see cref="StorageException"/>; a commit that is held at a gate fails when it passes.</summary>
    public void Crash()
    {
        lock (_gate)
        {
            IsCrashed = true;
        }
    }

    /// <summary>Brings the store up again with what was written, and forgets all faults that were set.</summary>
    public void Recover()
    {
        lock (_gate)
        {
            IsCrashed = false;
            _commitFaults.Clear();
            _deleteFaults.Clear();
            _readFaults.Clear();
        }
    }

    /// <summary>Holds commits at a point until the test lets them go on.</summary>
    /// <param name="when">Which; all if null.</param>
    /// <param name="point">Before or after they are written.</param>
    public CommitGate HoldCommits(Func<PartitionCommit, bool>? when = null, FaultPoint point = FaultPoint.BeforeWrite)
    {
        var commitGate = new CommitGate(point, when);
        lock (_gate)
        {
            _gates.Add(commitGate);
        }

        return commitGate;
    }

    /// <summary>Holds reads (read, get) of partitions until the test lets them go on.</summary>
    /// <param name="when">Of which partitions; of all if null.</param>
    public PartitionGate HoldReads(Func<string, bool>? when = null) => Add(_readGates, new PartitionGate(when));

    /// <summary>Holds deletes until the test lets them go on.</summary>
    public PartitionGate HoldDeletes() => Add(_deleteGates, new PartitionGate(null));

    /// <summary>Makes each commit wait before it is written; <see cref="TimeSpan.Zero"/> ends that.</summary>
    public void DelayCommits(TimeSpan by, TimeProvider time)
    {
        lock (_gate)
        {
            _delay = by > TimeSpan.Zero ? (by, time) : null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        Count(counts => counts with { Commits = counts.Commits + 1 });
        if (Delay() is { } delay)
        {
            await Task.Delay(delay.By, delay.Time, cancellationToken).ConfigureAwait(false);
        }

        await PassGatesAsync(commit, FaultPoint.BeforeWrite, cancellationToken).ConfigureAwait(false);
        var fault = Strike(_commitFaults, commit, FaultPoint.BeforeWrite);
        var result = await inner.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        if (result.Status is CommitStatus.Committed)
        {
            Count(counts => Written(counts, commit));
        }

        await PassGatesAsync(commit, FaultPoint.AfterWrite, cancellationToken).ConfigureAwait(false);
        Finish(fault);
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default)
    {
        Count(counts => counts with { Reads = counts.Reads + 1 });
        await PassGatesAsync(_readGates, partition).ConfigureAwait(false);
        Strike(_readFaults, partition, FaultPoint.BeforeWrite);
        return Counted(await inner.ReadAsync(partition, range, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        Count(counts => counts with { Reads = counts.Reads + 1 });
        await PassGatesAsync(_readGates, partition).ConfigureAwait(false);
        Strike(_readFaults, partition, FaultPoint.BeforeWrite);
        return Counted(await inner.GetAsync(partition, ids, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DuePartition>> DueAsync(
        int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        Count(counts => counts with { DueQueries = counts.DueQueries + 1 });
        Strike(_readFaults, string.Empty, FaultPoint.BeforeWrite);
        return await inner.DueAsync(shard, until, max, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default)
    {
        Count(counts => counts with { Deletes = counts.Deletes + 1 });
        await PassGatesAsync(_deleteGates, partition).ConfigureAwait(false);
        var fault = Strike(_deleteFaults, partition, FaultPoint.BeforeWrite);
        var erased = await inner.DeleteAsync(partition, expected, cancellationToken).ConfigureAwait(false);
        Finish(fault);
        return erased;
    }

    /// <inheritdoc/>
    public async ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default)
    {
        Count(counts => counts with { Purges = counts.Purges + 1 });
        Strike([], partition, FaultPoint.BeforeWrite);
        await inner.PurgeAsync(partition, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default) =>
        IsCrashed
            ? ValueTask.FromResult(new StoreHealth(Readable: false, Writable: false, TimeSpan.Zero, "The store is down."))
            : inner.ProbeAsync(cancellationToken);

    /// <summary>Takes the next fault that fits and strikes with it if its point is before the write; otherwise returns it for <see cref="Finish"/>.</summary>
    private Fault? Strike(List<Fault> faults, object what, FaultPoint point)
    {
        Fault? fault;
        lock (_gate)
        {
            if (IsCrashed)
            {
                throw Down();
            }

            fault = Take(faults, what);
        }

        if (fault?.Point == point)
        {
            Fail(fault);
        }

        return fault;
    }

    private static Fault? Take(List<Fault> faults, object what)
    {
        foreach (var fault in faults)
        {
            if (fault.Left == 0 || !fault.Fits(what))
            {
                continue;
            }

            if (fault.Skip > 0)
            {
                fault.Skip--;
                continue;
            }

            fault.Left--;
            return fault;
        }

        return null;
    }

    private void Finish(Fault? afterWrite)
    {
        if (afterWrite is not null)
        {
            Fail(afterWrite);
        }

        if (IsCrashed)
        {
            throw Down();
        }
    }

    private void Fail(Fault fault)
    {
        if (fault.Crashes)
        {
            Crash();
        }

        throw new StorageException($"A fault was injected {(fault.Point is FaultPoint.BeforeWrite ? "before" : "after")} the write.");
    }

    private static StorageException Down() => new("The store is down.");

    private async Task PassGatesAsync(PartitionCommit commit, FaultPoint point, CancellationToken cancellationToken)
    {
        CommitGate[] gates;
        lock (_gate)
        {
            gates = [.. _gates];
        }

        foreach (var commitGate in gates)
        {
            await commitGate.PassAsync(commit, point, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PassGatesAsync(List<PartitionGate> of, string partition)
    {
        PartitionGate[] gates;
        lock (_gate)
        {
            gates = [.. of];
        }

        foreach (var gate in gates)
        {
            await gate.PassAsync(partition).ConfigureAwait(false);
        }
    }

    private PartitionGate Add(List<PartitionGate> gates, PartitionGate gate)
    {
        lock (_gate)
        {
            gates.Add(gate);
        }

        return gate;
    }

    private (TimeSpan By, TimeProvider Time)? Delay()
    {
        lock (_gate)
        {
            return _delay;
        }
    }

    private void Add(List<Fault> faults, Fault fault)
    {
        lock (_gate)
        {
            faults.Add(fault);
        }
    }

    private void Count(Func<StoreCounts, StoreCounts> change)
    {
        lock (_gate)
        {
            _counts = change(_counts);
        }
    }

    private PartitionPage Counted(PartitionPage page)
    {
        Count(counts => counts with
        {
            DocumentsRead = counts.DocumentsRead + page.Documents.Count,
            BytesRead = counts.BytesRead + page.Documents.Sum(document => (long)document.Id.Length + document.Body.Length),
        });
        return page;
    }

    private static StoreCounts Written(StoreCounts counts, PartitionCommit commit)
    {
        var deleted = commit.Writes.Count(write => write.Kind is WriteKind.Delete);
        return counts with
        {
            Committed = counts.Committed + 1,
            DocumentsWritten = counts.DocumentsWritten + commit.Writes.Count - deleted,
            DocumentsDeleted = counts.DocumentsDeleted + deleted,
            BytesWritten = counts.BytesWritten + commit.Writes.Sum(write => (long)write.Id.Length + write.Body.Length),
        };
    }

    private sealed class Fault(FaultPoint point, Func<object, bool> fits)
    {
        public FaultPoint Point => point;

        public int Skip { get; set; }

        public int Left { get; set; }

        public bool Crashes { get; init; }

        public bool Fits(object what) => fits(what);
    }
}
