using System.Security.Cryptography;

namespace Granary.Core.Storage.Paged;

public sealed partial class PagedPartitionStore
{
    private const string ProbePartition = "health/paged";
    private const string ProbeRecord = "probe";

    /// <inheritdoc/>
    public async ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default)
    {
        var began = _time.GetTimestamp();
        var readable = false;
        try
        {
            var found = await _gateway.ReadAsync(ProbePartition, ProbeRecord, cancellationToken).ConfigureAwait(false);
            readable = true;
            var body = RandomNumberGenerator.GetBytes(16);
            try
            {
                var etag = await _gateway.WriteAsync(ProbePartition, ProbeRecord, body, found?.ETag).ConfigureAwait(false);
                var written = await _gateway.ReadAsync(ProbePartition, ProbeRecord, cancellationToken).ConfigureAwait(false);
                if (written is null || (written.ETag == etag && !written.Body.Span.SequenceEqual(body)))
                {
                    return Answer(false, "The record store does not return what was written.");
                }
            }
            catch (RecordConflictException)
            {
                // Another process's probe came first: the store writes.
            }

            return Answer(true, null);
        }
        catch (Exception exception)
        {
            LogProbeFailed(_logger, exception);
            return Answer(false, readable ? "The record store cannot be written." : "The record store cannot be read.");
        }

        StoreHealth Answer(bool writable, string? error) => new(readable, writable, _time.GetElapsedTime(began), error);
    }
}
