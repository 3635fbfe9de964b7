using System.Buffers;
using System.Text.Json;
using Granary.Http.Documentation;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary><c>POST /memory/context/batch</c>: the contexts of up to 100 sessions.</summary>
internal sealed class ContextBatchEndpoint(ContextReader contexts, RequestIdentity identity, ContextAnswers answers, Batches batches)
{
    public void Map(RouteTable routes) => routes.Post("/memory/context/batch", GranaryScope.User, InvokeAsync, new RouteDescription("Memory", "Read many contexts")
    {
        Details = "Up to 100 sessions; one that cannot be read does not stop the rest. The list may also be called items.",
        Body = typeof(ContextBatchRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(ContextBatchResponse), "A context or a problem for each session, in order.")],
        Problems = [403, 413],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var batch = await Batches.ReadAsync(context, GranaryJson.Default.ContextRequest, "sessions", "items");
        RequestIdentity.RequireAgreement(context, batch.UserId);
        var results = await Task.WhenAll(batch.Items.Select(item => ReadAsync(context, batch, item)));
        await JsonAnswer.WriteAsync(context, Join(results));
    }

    /// <returns>The item's JSON: <c>{"result":…}</c> or <c>{"problem":…}</c>.</returns>
    private async Task<(byte[] Json, bool Read)> ReadAsync(HttpContext context, Batch<ContextRequest> batch, BatchItem<ContextRequest> item)
    {
        try
        {
            var request = item.Required;
            var key = identity.Session(context, request.SessionId ?? batch.SessionId, request.UserId ?? batch.UserId, item.Path);
            var options = ContextEndpoint.OptionsOf(request, item.Path);
            var parts = await contexts.ReadAsync(key, request, options, context.RequestAborted);
            return (answers.Of(parts, request.Format, keep: options is null), true);
        }
        catch (Exception error)
        {
            return (JsonAnswer.ToBytes(batches.ProblemOf(context, error), GranaryJson.Default.Problem), false);
        }
    }

    private static ReadOnlyMemory<byte> Join((byte[] Json, bool Read)[] results)
    {
        var output = new ArrayBufferWriter<byte>(results.Sum(result => result.Json.Length + 16) + 16);
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        writer.WriteStartArray("results"u8);
        foreach (var (json, read) in results)
        {
            writer.WriteStartObject();
            writer.WritePropertyName(read ? "result"u8 : "problem"u8);
            writer.WriteRawValue(json, skipInputValidation: true);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenMemory;
    }
}
