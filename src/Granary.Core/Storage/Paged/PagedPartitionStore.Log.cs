using Microsoft.Extensions.Logging;

namespace Granary.Core.Storage.Paged;

public sealed partial class PagedPartitionStore
{
    [LoggerMessage(1, LogLevel.Debug, "Pages of {Partition} were removed while it was read; reading it anew")]
    private static partial void LogOvertaken(ILogger logger, string partition);

    [LoggerMessage(2, LogLevel.Warning, "Entries of the due list of shard {Shard} could not be removed; they are found again")]
    private static partial void LogNotRemoved(ILogger logger, Exception exception, int shard);

    [LoggerMessage(4, LogLevel.Warning, "Partition {Partition} is listed as due and could not be looked at")]
    private static partial void LogNotVisited(ILogger logger, Exception exception, string partition);

    [LoggerMessage(5, LogLevel.Warning, "Pages of a commit to {Partition} that lost to another writer could not be removed; the next flush, the next erasure or the purge removes them")]
    private static partial void LogNotBlanked(ILogger logger, Exception exception, string partition);

    [LoggerMessage(3, LogLevel.Warning, "The record store failed a probe")]
    private static partial void LogProbeFailed(ILogger logger, Exception exception);
}
