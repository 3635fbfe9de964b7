using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Http.Serialization;

/// <summary>
/// Reads a JSON body of at most <see cref="BodyLimits.MaxBytes"/> straight out of the server's buffer; bodies that come in parts are
/// gathered in a pooled array.
/// </summary>
internal static class JsonBody
{
    /// <summary>Reads a body that must be there.</summary>
    /// <exception cref="InvalidRequestException">It is not there, no JSON, or not of the type.</exception>
    /// <exception cref="TooLargeException">It is larger than allowed.</exception>
    public static ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class => ReadAsync(context, type, static (json, type) => JsonParser.Parse(json, type));

    /// <summary>Reads a body that may be left out.</summary>
    /// <returns>The body, or null if there is none.</returns>
    public static async ValueTask<T?> ReadOptionalAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!MayHaveBody(context))
        {
            return null;
        }

        // What was sent in chunks may still turn out to be empty.
        return await ReadAsync<JsonTypeInfo<T>, T?>(context, type, static (json, type) => json.IsEmpty ? null : JsonParser.Parse(json, type));
    }

    /// <summary>Reads a body that must be there with a parser of the caller's.</summary>
    public static ValueTask<TResult> ReadAsync<TState, TResult>(HttpContext context, TState state, BodyParser<TState, TResult> parse)
    {
        var request = context.Request;
        if (!MayHaveBody(context))
        {
            throw new InvalidRequestException("body", "is required");
        }

        MediaTypes.Require(request, MediaTypes.Json);
        if (request.ContentLength > BodyLimits.MaxBytes)
        {
            throw TooLarge();
        }

        var reader = request.BodyReader;
        if (!reader.TryRead(out var read))
        {
            return GatherAsync(context, reader, state, parse);
        }

        if (read is not { IsCompleted: true, Buffer.IsSingleSegment: true })
        {
            // Nothing is consumed: the gathering reads it again.
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            return GatherAsync(context, reader, state, parse);
        }

        try
        {
            return new ValueTask<TResult>(parse(read.Buffer.FirstSpan, state));
        }
        finally
        {
            reader.AdvanceTo(read.Buffer.End);
        }
    }

    /// <summary>The buffer that a body begins with at the most: 64 KiB; it grows with what comes.</summary>
    private const int MaxFirstBuffer = 65_536;

    private static async ValueTask<TResult> GatherAsync<TState, TResult>(
        HttpContext context, PipeReader reader, TState state, BodyParser<TState, TResult> parse)
    {
        // What a caller announces is no reason to hold that much memory before it comes.
        var rented = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(context.Request.ContentLength ?? 0, 4096, MaxFirstBuffer));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(context.RequestAborted);
                var part = read.Buffer;
                if (length + part.Length > BodyLimits.MaxBytes)
                {
                    reader.AdvanceTo(part.End);
                    throw TooLarge();
                }

                if (length + part.Length > rented.Length)
                {
                    rented = Grow(rented, length, length + (int)part.Length);
                }

                part.CopyTo(rented.AsSpan(length));
                length += (int)part.Length;
                reader.AdvanceTo(part.End);
                if (read.IsCompleted)
                {
                    return parse(rented.AsSpan(0, length), state);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static byte[] Grow(byte[] rented, int used, int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, rented.Length * 2));
        rented.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(rented);
        return larger;
    }

    private static bool MayHaveBody(HttpContext context) =>
        context.Request.ContentLength switch
        {
            > 0 => true,
            0 => false,
            null => context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true,
            _ => false,
        };

    private static TooLargeException TooLarge() => new("body", $"must be at most {BodyLimits.MaxBytes} bytes");
}

/// <summary>Makes something of a body's bytes, which are gone afterwards.</summary>
internal delegate TResult BodyParser<in TState, out TResult>(ReadOnlySpan<byte> json, TState state);
