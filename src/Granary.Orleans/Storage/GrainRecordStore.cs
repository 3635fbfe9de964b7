using Granary.Core.Storage;
using Granary.Core.Storage.Paged;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Granary.Orleans.Storage;

/// <summary>
/// The records of the paged store in a grain storage: each is the state of a grain that nobody activates, of type <c>page</c> and key
/// <c>{partition}#{record}</c>.
/// </summary>
internal sealed class GrainRecordStore(IGrainStorage storage) : IRecordStore
{
    private const string StateName = "record";

    /// <summary>How often a removal begins again after the record changed under it.</summary>
    private const int MaxRemovals = 5;

    private static readonly GrainType Type = GrainType.Create("page");

    public async ValueTask<StoredRecord?> ReadAsync(string partition, string record, CancellationToken ct = default)
    {
        try
        {
            return await ReadAsync(IdOf(partition, record), ct).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception, ct))
        {
            throw Failed("read", partition, record, exception);
        }
    }

    public async ValueTask<string> WriteAsync(string partition, string record, ReadOnlyMemory<byte> body, string? etag, CancellationToken ct = default)
    {
        var id = IdOf(partition, record);
        var state = new GrainState<RecordBody>(new RecordBody { Body = body.ToArray() }, etag) { RecordExists = etag is not null };
        try
        {
            await storage.WriteStateAsync(StateName, id, state, ct).ConfigureAwait(false);
            return state.ETag!;
        }
        catch (InconsistentStateException conflict)
        {
            // Also where a provider that repeats a write by itself was refused by its own first try: whose write it was, the caller tells by what
            // it wrote. Equal bytes tell nothing, as two calls that know the same head write the same pages.
            throw new RecordConflictException($"Record '{record}' of '{partition}' has another ETag.", conflict);
        }
        catch (Exception exception) when (IsFailure(exception, ct))
        {
            throw Failed("written", partition, record, exception);
        }
    }

    public async ValueTask DeleteAsync(string partition, string record, string? etag, CancellationToken ct = default)
    {
        var id = IdOf(partition, record);
        InconsistentStateException? refusal = null;
        for (var i = 0; i < MaxRemovals; i++)
        {
            try
            {
                // Grain storage removes only what it is shown, and some providers refuse where there is nothing.
                var present = await ReadAsync(id, ct).ConfigureAwait(false);
                if (present is null)
                {
                    return;
                }

                if (etag is not null && present.ETag != etag)
                {
                    throw new RecordConflictException($"Record '{record}' of '{partition}' has another ETag.", refusal);
                }

                await storage.ClearStateAsync(StateName, id, new GrainState<RecordBody>(new RecordBody(), present.ETag) { RecordExists = true }, ct)
                    .ConfigureAwait(false);
                return;
            }
            catch (InconsistentStateException conflict)
            {
                // Another silo, or the provider's own first try, removed or replaced it since it was read.
                refusal = conflict;
            }
            catch (Exception exception) when (IsFailure(exception, ct))
            {
                throw Failed("removed", partition, record, exception);
            }
        }

        throw Failed("removed", partition, record, refusal!);
    }

    private async Task<StoredRecord?> ReadAsync(GrainId id, CancellationToken ct)
    {
        var state = new GrainState<RecordBody>(new RecordBody());
        await storage.ReadStateAsync(StateName, id, state, ct).ConfigureAwait(false);
        return state.RecordExists ? new StoredRecord(state.State!.Body, state.ETag!) : null;
    }

    private static GrainId IdOf(string partition, string record) => GrainId.Create(Type, IdSpan.Create($"{partition}#{record}"));

    private static bool IsFailure(Exception exception, CancellationToken ct) =>
        exception is not RecordConflictException and not InconsistentStateException
        && !(exception is OperationCanceledException && ct.IsCancellationRequested);

    private static StorageException Failed(string what, string partition, string record, Exception exception) =>
        new($"Record '{record}' of '{partition}' could not be {what}: {exception.Message}", exception);
}
