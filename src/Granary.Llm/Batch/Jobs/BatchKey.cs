using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Makes a batch's creation safe to repeat: the key says the batch's id, and what was asked for is told by its hash.</summary>
internal sealed class BatchKey : IDisposable
{
    private const int IdBytes = 8;

    private readonly IncrementalHash _content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <param name="request">What is asked for, without the lines.</param>
    public BatchKey(BatchRequest request) =>
        Add(JsonSerializer.SerializeToUtf8Bytes(request with { IdempotencyKey = null }, BatchJson.Default.BatchRequest));

    /// <summary>The id of the batch that a user makes with a key; without a key one that no other batch has.</summary>
    public static string IdOf(BatchRequest request) => BatchPartitions.IdPrefix + Convert.ToHexStringLower(request.IdempotencyKey is { } key
        ? SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Tenant}\n{request.User ?? BatchPartitions.Nobody}\n{key}")).AsSpan(0, IdBytes)
        : RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>Adds what is next.</summary>
    public void Add(ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        _content.AppendData(length);
        _content.AppendData(part);
    }

    /// <summary>The hash of all that was added.</summary>
    public string Content() => Convert.ToHexStringLower(_content.GetCurrentHash());

    public void Dispose() => _content.Dispose();
}
