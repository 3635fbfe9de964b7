using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Core.Storage.Paged;

/// <summary>
/// The partition store over single records with ETags: each partition has a head record, written with its ETag, that is the only commit
/// point; it holds the newest documents and names immutable pages with the others.
/// </summary>
/// <remarks>
/// Pages are written before the head that names them, and removed an hour after the head that no longer does. A page that a crash left
/// behind has the number of a flush that no head names: the next flush takes another number and lists it for removal.
/// A commit costs one write, and one or two pages per <see cref="PagedStoreOptions.LogRun"/> appends or <see cref="PagedLimits.Redo"/> map writes;
/// a read costs the head and the pages of its range.
/// </remarks>
public sealed partial class PagedPartitionStore : IPartitionStore
{
    /// <summary>How often a call begins again after another writer came first.</summary>
    private const int MaxAttempts = 10;

    private readonly RecordGateway _gateway;
    private readonly HeadStore _heads;
    private readonly GarbageBin _garbage;
    private readonly IDueList _due;
    private readonly TimeProvider _time;
    private readonly PagedStoreOptions _options;
    private readonly ILogger<PagedPartitionStore> _logger;

    /// <summary>Makes the store. It holds nothing but caches; any number may work on the same records.</summary>
    /// <param name="records">The records.</param>
    /// <param name="due">The due lists of the shards; not this store itself.</param>
    /// <param name="time">The clock of tombstones and of replaced pages; the machines' clocks must agree within minutes.</param>
    /// <param name="options">Sizes; the defaults if null.</param>
    /// <param name="logger">Where to log; nowhere if null.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message says which.</exception>
    public PagedPartitionStore(
        IRecordStore records, IDueList due, TimeProvider? time = null, PagedStoreOptions? options = null, ILogger<PagedPartitionStore>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(due);
        _options = options ?? new PagedStoreOptions();
        if (_options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _time = time ?? TimeProvider.System;
        _due = due;
        _logger = logger ?? NullLogger<PagedPartitionStore>.Instance;
        _gateway = new RecordGateway(records, _options);
        _heads = new HeadStore(_gateway, _time, _options);
        _garbage = new GarbageBin(_gateway, _options.Limits);
    }

    private static StorageException Contended(string partition) =>
        new($"Others wrote partition '{partition}' {MaxAttempts} times while this call tried to; nothing was written.");

    private static StorageException PageLost(string partition, PageMissingException missing) =>
        new($"The head of partition '{partition}' names a page that is not there: a record was lost.", missing);
}
