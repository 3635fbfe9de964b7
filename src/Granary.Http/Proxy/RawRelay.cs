using System.Buffers;
using System.Diagnostics;
using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>Hands a provider's answer to the client as it is.</summary>
internal static class RawRelay
{
    private const int BufferBytes = 8 * 1024;

    /// <summary>Status, headers and bytes. Should the provider break off, so does the answer.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="answer">The provider's answer.</param>
    /// <param name="tap">Reads what goes by, or null.</param>
    /// <returns>Whether all of it went through.</returns>
    public static async Task<bool> CopyAsync(HttpContext context, ProviderResponse answer, AnswerTap? tap = null)
    {
        Begin(context, answer);
        var aborted = context.RequestAborted;
        var writer = context.Response.BodyWriter;
        byte[]? buffer = null;
        try
        {
            await using var body = await answer.ReadAsync(aborted);
            while (true)
            {
                // Most streams wait for their model most of the time: no buffer is held for that.
                var nothing = await body.ReadAsync(Memory<byte>.Empty, aborted);
                Debug.Assert(nothing == 0, "a read into nothing reads nothing");
                buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                var read = await body.ReadAsync(buffer, aborted);
                if (read == 0)
                {
                    return true;
                }

                tap?.Read(buffer.AsSpan(0, read));
                await writer.WriteAsync(buffer.AsMemory(0, read), aborted);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = null;
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            aborted.ThrowIfCancellationRequested();
            if (!context.Response.HasStarted)
            {
                throw Broken(error);
            }

            context.Abort();
            return false;
        }
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Gives the client status and headers.</summary>
    public static void Begin(HttpContext context, ProviderResponse answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        ProxyHeaders.ToClient(answer, response);
        response.ContentType = answer.ContentType;
    }

    public static ProviderException Broken(Exception? error = null) =>
        new("upstream", "The provider broke off its answer.", StatusCodes.Status502BadGateway, innerException: error);
}
