using System.Buffers;
using Granary.Http.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Http.Proxy;

/// <summary>A body in a pooled array; whoever has it gives it back by disposing.</summary>
internal sealed class PooledBody : IDisposable
{
    private const int FirstBytes = 4096;

    /// <summary>What a caller announces is no reason to hold more than this before it comes.</summary>
    private const int MaxFirstBytes = 65_536;

    private byte[]? _array;
    private int _length;

    private PooledBody(int announced) => _array = ArrayPool<byte>.Shared.Rent(Math.Clamp(announced, FirstBytes, MaxFirstBytes));

    public ReadOnlyMemory<byte> Bytes => _array.AsMemory(0, _length);

    /// <summary>Reads a request's JSON body of at most <paramref name="max"/> bytes.</summary>
    /// <exception cref="TooLargeException">It is larger.</exception>
    /// <exception cref="InvalidRequestException">There is none.</exception>
    public static async Task<PooledBody> ReadAsync(HttpContext context, int max)
    {
        var request = context.Request;
        MediaTypes.Require(request, MediaTypes.Json);
        if (request.ContentLength > max)
        {
            throw TooLarge("body", max);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // Counted here, so that the limit is the same with every server and the answer is ours.
            size.MaxRequestBodySize = null;
        }

        var body = new PooledBody((int)Math.Min(request.ContentLength ?? 0, max));
        try
        {
            var reader = request.BodyReader;
            while (true)
            {
                var read = await reader.ReadAsync(context.RequestAborted);
                var part = read.Buffer;
                if (body._length + part.Length > max)
                {
                    reader.AdvanceTo(part.End);
                    throw TooLarge("body", max);
                }

                part.CopyTo(body.Reserve((int)part.Length));
                body._length += (int)part.Length;
                reader.AdvanceTo(part.End);
                if (read.IsCompleted)
                {
                    return body._length > 0 ? body : throw new InvalidRequestException("body", "is required");
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>Null if it is longer than <paramref name="max"/>.</returns>
    public static async Task<PooledBody?> ReadAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        var body = new PooledBody(0);
        try
        {
            while (true)
            {
                body.Reserve(1);
                var read = await stream.ReadAsync(body._array.AsMemory(body._length), cancellationToken);
                if (read == 0)
                {
                    return body;
                }

                body._length += read;
                if (body._length > max)
                {
                    body.Dispose();
                    return null;
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_array is { } array)
        {
            _array = null;
            _length = 0;
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private Span<byte> Reserve(int more)
    {
        if (_length + more > _array!.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + more, _array.Length * 2));
            _array.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }

        return _array.AsSpan(_length);
    }

    private static TooLargeException TooLarge(string field, int max) => new(field, $"must be at most {max} bytes");
}
