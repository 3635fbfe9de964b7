using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Http.Problems;
using Granary.Http.Serialization;
using Granary.Llm;
using Granary.Llm.Audit;
using Granary.Llm.Providers;
using Granary.Llm.Rendering;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>Hands on an answer that comes in one piece: stored first, then answered.</summary>
internal static class WholeRelay
{
    public static async Task RelayAsync(HttpContext context, UpstreamAnswer upstream, ChatDialect client, ProxyTurn? turn, ProxyCall call, int maxBytes)
    {
        using var body = await ReadAsync(context, upstream.Answer, maxBytes);
        var answer = Parse(body.Bytes.Span, upstream.Dialect);
        answer = answer.Model.Length > 0 ? answer : answer with { Model = upstream.Model };
        call.Took(answer);
        if (answer.Error is not null)
        {
            call.Ended(AuditOutcome.Partial, HttpErrorCodes.ProviderFailed);
        }

        if (turn is not null)
        {
            var stored = await turn.StoreAsync(answer, partial: answer.Error is not null);
            if (stored is not null)
            {
                call.Stored(stored);
                context.Response.Headers[ProxyHeaders.Stored] = $"{stored.FirstSequence}-{stored.LastSequence}";
            }
        }

        var id = turn is not null && client == ChatDialect.OpenAIResponses ? ResponseIds.New(turn.SessionId, turn.LastSequence) : null;
        RawRelay.Begin(context, upstream.Answer);
        if (client != upstream.Dialect)
        {
            var rendered = ChatRenderers.For(client).RenderResponse(id is null ? answer : answer with { Id = id });
            await JsonAnswer.WriteAsync(context, ProxyJson.ToBytes(rendered), upstream.Answer.Status);
        }
        else
        {
            var bytes = id is null ? body.Bytes : Replace(body.Bytes.Span, answer.Id, id);
            await JsonAnswer.WriteAsync(context, bytes, upstream.Answer.Status, upstream.Answer.ContentType ?? JsonAnswer.ContentType);
        }
    }

    /// <summary>The bytes with one id in the place of another.</summary>
    public static byte[] Replace(ReadOnlySpan<byte> bytes, string old, string fresh)
    {
        var (from, to) = (Encoding.UTF8.GetBytes($"\"{old}\""), Encoding.UTF8.GetBytes($"\"{fresh}\""));
        var result = new List<byte>(bytes.Length + to.Length);
        for (var at = bytes.IndexOf(from); at >= 0; at = bytes.IndexOf(from))
        {
            result.AddRange(bytes[..at]);
            result.AddRange(to);
            bytes = bytes[(at + from.Length)..];
        }

        result.AddRange(bytes);
        return [.. result];
    }

    private static async Task<PooledBody> ReadAsync(HttpContext context, ProviderResponse answer, int maxBytes)
    {
        try
        {
            await using var stream = await answer.ReadAsync(context.RequestAborted);
            return await PooledBody.ReadAsync(stream, maxBytes, context.RequestAborted)
                ?? throw new ProviderException("upstream", "The provider's answer is larger than this service takes.", StatusCodes.Status502BadGateway);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw RawRelay.Broken(error);
        }
    }

    private static ChatResponse Parse(ReadOnlySpan<byte> json, ChatDialect dialect)
    {
        try
        {
            return ChatRenderers.For(dialect).ParseResponse(JsonNode.Parse(json) as JsonObject ?? throw new FormatException("It is no JSON object."));
        }
        catch (Exception error) when (error is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            throw new ProviderException("upstream", "The provider's answer cannot be understood.", StatusCodes.Status502BadGateway, innerException: error);
        }
    }
}
