using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Serialization;

/// <summary>Writes JSON answers with their length, without a stream and without allocating for the bytes.</summary>
internal static class JsonAnswer
{
    public const string ContentType = "application/json";

    // A buffer that one large answer has blown up is not kept.
    private const int LargestKept = 256 * 1024;

    // Text stays readable and short: only what JSON itself demands is escaped. The answers are never embedded in HTML.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>Answers with a value.</summary>
    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string contentType = ContentType)
    {
        // Nothing is awaited between here and the copy into the response, so the thread's buffer is ours for that long.
        var buffer = Serialize(value, type);
        var task = WriteAsync(context, buffer.WrittenMemory, status, contentType);
        Release(buffer);
        return task;
    }

    /// <summary>Answers with bytes that are JSON already.</summary>
    public static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json, int status = StatusCodes.Status200OK, string contentType = ContentType)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = json.Length;
        // No token: asking a request for its own costs an allocation, and a connection that is gone ends the write anyway.
        var write = response.BodyWriter.WriteAsync(json, CancellationToken.None);
        return write.IsCompletedSuccessfully ? Completed(write) : write.AsTask();
    }

    /// <summary>The bytes of a value.</summary>
    public static byte[] ToBytes<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = Serialize(value, type);
        var bytes = buffer.WrittenSpan.ToArray();
        Release(buffer);
        return bytes;
    }

    /// <summary>Appends a value's bytes to <paramref name="output"/>.</summary>
    public static void Append<T>(IBufferWriter<byte> output, T value, JsonTypeInfo<T> type)
    {
        var writer = Rent(output);
        JsonSerializer.Serialize(writer, value, type);
        writer.Flush();
    }

    private static ArrayBufferWriter<byte> Serialize<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        buffer.ResetWrittenCount();
        Append(buffer, value, type);
        return buffer;
    }

    private static void Release(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > LargestKept)
        {
            _buffer = null;
        }
    }

    private static Utf8JsonWriter Rent(IBufferWriter<byte> output)
    {
        if (_writer is { } writer)
        {
            writer.Reset(output);
            return writer;
        }

        return _writer = new Utf8JsonWriter(output, WriterOptions);
    }

    private static Task Completed(ValueTask<System.IO.Pipelines.FlushResult> write)
    {
        // Reading the result hands the operation back to its pipe.
        _ = write.Result;
        return Task.CompletedTask;
    }
}
