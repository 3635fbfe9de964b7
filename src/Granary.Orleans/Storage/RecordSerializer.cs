using Orleans.Storage;

namespace Granary.Orleans.Storage;

/// <summary>Stores a record's bytes as they are, where the provider lets its serializer be chosen.</summary>
internal sealed class RecordSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => input is RecordBody record
        ? new BinaryData(record.Body)
        : throw new NotSupportedException($"This grain storage keeps records of the memory, not {typeof(T)}: give other grains a storage of another name.");

    public T? Deserialize<T>(BinaryData input) => (T)(object)new RecordBody { Body = input.ToArray() };
}
