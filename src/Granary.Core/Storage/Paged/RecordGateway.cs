namespace Granary.Core.Storage.Paged;

/// <summary>A page that a head names is not there: that head is an old one, its pages were removed meanwhile.</summary>
internal sealed class PageMissingException(string partition, PageId page)
    : Exception($"Page {page.Record} of partition '{partition}' is missing.");

/// <summary>The records of all partitions: pages decoded and cached, the medium's errors as <see cref="StorageException"/>.</summary>
internal sealed class RecordGateway(IRecordStore records, PagedStoreOptions options)
{
    private readonly ByteBoundedCache<(string Partition, PageId Page), Page> _pages = new(options.PageCacheBytes);

    public async ValueTask<StoredRecord?> ReadAsync(string partition, string record, CancellationToken cancellationToken)
    {
        try
        {
            return await records.ReadAsync(partition, record, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw new StorageException($"The record store could not read a record: {exception.Message}", exception);
        }
    }

    /// <summary>Writes a record. It cannot be cancelled: what was begun is waited for.</summary>
    /// <exception cref="RecordConflictException">The ETag does not hold.</exception>
    public async ValueTask<string> WriteAsync(string partition, string record, ReadOnlyMemory<byte> body, string? etag)
    {
        try
        {
            return await records.WriteAsync(partition, record, body, etag, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception, CancellationToken.None))
        {
            throw new StorageException($"The record store could not write a record, or did and could not say so: {exception.Message}", exception);
        }
    }

    /// <exception cref="RecordConflictException">The ETag does not hold.</exception>
    public async ValueTask DeleteAsync(string partition, string record, string? etag)
    {
        try
        {
            await records.DeleteAsync(partition, record, etag, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception, CancellationToken.None))
        {
            throw new StorageException($"The record store could not remove a record, or did and could not say so: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a page that a head names.</summary>
    /// <exception cref="PageMissingException">There is no such page.</exception>
    public async ValueTask<T> ReadPageAsync<T>(string partition, PageId page, CancellationToken cancellationToken)
        where T : Page
    {
        if (!_pages.TryGet((partition, page), out var found))
        {
            var record = await ReadAsync(partition, page.Record, cancellationToken).ConfigureAwait(false)
                ?? throw new PageMissingException(partition, page);
            found = Decode(partition, page.Record, record.Body, PageCodec.Decode);
            Remember(partition, page, found);
        }

        if (found is BlankPage)
        {
            throw new PageMissingException(partition, page);
        }

        return found as T ?? throw Damaged(partition, page.Record, null);
    }

    /// <summary>Writes a page that must not exist.</summary>
    /// <exception cref="RecordConflictException">It exists.</exception>
    public async ValueTask WritePageAsync(string partition, PageId page, Page content, int pagesOfFlush) =>
        await WriteAsync(partition, page.Record, PageCodec.Encode(content, pagesOfFlush), etag: null).ConfigureAwait(false);

    public ValueTask DeletePageAsync(string partition, PageId page) => DeleteAsync(partition, page.Record, etag: null);

    /// <summary>Forgets what was kept of a page.</summary>
    public void Forget(string partition, PageId page) => _pages.Remove((partition, page));

    /// <summary>Whether a flush of this number has begun to write.</summary>
    public async ValueTask<bool> ExistsFlushAsync(string partition, long flush) =>
        await ReadAsync(partition, new PageId(flush, 0).Record, CancellationToken.None).ConfigureAwait(false) is not null;

    /// <summary>Removes all pages of a flush, the first last: whoever comes after a failure finds by it what is left.</summary>
    public async ValueTask DeleteFlushAsync(string partition, long flush)
    {
        var first = new PageId(flush, 0);
        if (await ReadAsync(partition, first.Record, CancellationToken.None).ConfigureAwait(false) is not { } record)
        {
            return;
        }

        var pages = Decode(partition, first.Record, record.Body, PageCodec.PagesOfFlush);
        await ForEachAsync(Enumerable.Range(1, Math.Max(pages - 1, 0)), i => DeletePageAsync(partition, new PageId(flush, i))).ConfigureAwait(false);
        await DeletePageAsync(partition, first).ConfigureAwait(false);
    }

    /// <summary>Removes the pages of a flush but the first, which it blanks.</summary>
    public async ValueTask BlankFlushAsync(string partition, long flush)
    {
        var first = new PageId(flush, 0);
        if (await ReadAsync(partition, first.Record, CancellationToken.None).ConfigureAwait(false) is not { } record)
        {
            return;
        }

        var pages = Decode(partition, first.Record, record.Body, PageCodec.PagesOfFlush);
        await ForEachAsync(Enumerable.Range(1, Math.Max(pages - 1, 0)), i => DeletePageAsync(partition, new PageId(flush, i))).ConfigureAwait(false);
        try
        {
            await WriteAsync(partition, first.Record, PageCodec.Encode(new BlankPage(), pages), record.ETag).ConfigureAwait(false);
        }
        catch (RecordConflictException)
        {
            // Another call erases as well.
        }
    }

    /// <summary>Does something for each, some at a time; all have ended when it returns or throws.</summary>
    public async Task ForEachAsync<T>(IEnumerable<T> items, Func<T, ValueTask> action)
    {
        if (options.Parallelism > 1)
        {
            var degree = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism };
            await Parallel.ForEachAsync(items, degree, (item, _) => action(item)).ConfigureAwait(false);
            return;
        }

        foreach (var item in items)
        {
            await action(item).ConfigureAwait(false);
        }
    }

    public static T Decode<T>(string partition, string record, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, T> decode)
    {
        try
        {
            return decode(body);
        }
        catch (FormatException exception)
        {
            throw Damaged(partition, record, exception);
        }
    }

    private static StorageException Damaged(string partition, string record, Exception? inner) =>
        new($"Record {record} of partition '{partition}' is damaged, or written by a later release.", inner);

    /// <summary>Keeps a page in memory. Only once a head names it: before, its name may still be another's.</summary>
    public void Remember(string partition, PageId page, Page content)
    {
        // Large bodies are read once in a while and would push out what every call needs.
        if (content is LeafPage or IndexPage)
        {
            _pages.Set((partition, page), content, content.Bytes + MemoryUse.Of(partition) + MemoryUse.CacheEntry);
        }
    }

    private static bool IsFailure(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RecordConflictException or StorageException => false,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        _ => true,
    };
}
