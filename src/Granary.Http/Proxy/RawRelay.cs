using System.Buffers;
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
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var body = await answer.ReadAsync(aborted);
            while (await body.ReadAsync(buffer, aborted) is var read and > 0)
            {
                tap?.Read(buffer.AsSpan(0, read));
                await writer.WriteAsync(buffer.AsMemory(0, read), aborted);
            }

            return true;
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            if (!context.Response.HasStarted)
            {
                throw Broken(error);
            }

            context.Abort();
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
