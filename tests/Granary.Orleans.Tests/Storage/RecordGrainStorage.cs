using Granary.Core.Storage.Paged;
using Granary.Orleans.Storage;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Granary.Orleans.Tests.Storage;

/// <summary>
/// A grain storage over records that checks ETags as strictly as any provider does: it also refuses to clear what is not there. All calls complete
/// at once.
/// </summary>
/// <param name="records">The records.</param>
/// <param name="repeats">Whether a call is done twice, as by a provider that repeats what timed out: the second is refused by the first.</param>
internal sealed class RecordGrainStorage(IRecordStore records, Func<bool>? repeats = null) : IGrainStorage
{
    /// <summary>Called before a record is cleared.</summary>
    public Func<string, string, ValueTask>? BeforeClear { get; set; }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (partition, record) = Names(grainId);
        var found = await records.ReadAsync(partition, record);
        (grainState.RecordExists, grainState.ETag) = (found is not null, found?.ETag!);
        grainState.State = (T)(object)new RecordBody { Body = found?.Body.ToArray() ?? [] };
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (partition, record) = Names(grainId);
        var body = ((RecordBody)(object)grainState.State!).Body;
        var etag = await DoAsync(() => records.WriteAsync(partition, record, body, grainState.ETag));
        (grainState.RecordExists, grainState.ETag) = (true, etag);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (partition, record) = Names(grainId);
        if (BeforeClear is { } before)
        {
            await before(partition, record);
        }

        await DoAsync(async () =>
        {
            if (await records.ReadAsync(partition, record) is null)
            {
                throw new RecordConflictException("There is no such record.");
            }

            await records.DeleteAsync(partition, record, grainState.ETag);
            return "";
        });
        (grainState.RecordExists, grainState.ETag) = (false, null!);
    }

    private async ValueTask<string> DoAsync(Func<ValueTask<string>> call)
    {
        try
        {
            var etag = await call();
            return repeats?.Invoke() is true ? await call() : etag;
        }
        catch (RecordConflictException conflict)
        {
            throw new InconsistentStateException(conflict.Message, conflict);
        }
    }

    private static (string Partition, string Record) Names(GrainId id)
    {
        var key = id.Key.ToString()!;
        var at = key.LastIndexOf('#');
        return (key[..at], key[(at + 1)..]);
    }
}
