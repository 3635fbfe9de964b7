using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Providers;

/// <summary>
/// Gemini's batch mode with the requests in the call (ai.google.dev/api/batch-api). Answers carry the requests' keys or, where the service leaves them
/// out, come in the requests' order.
/// </summary>
internal sealed class GeminiBatches(BatchHttp http) : IBatchProvider
{
    private const int PagesOfAFind = 20;

    public string Name => http.Name;

    public BatchType Type => BatchType.GeminiBatchApi;

    public ChatDialect Dialect => ChatDialect.Gemini;

    // A call may have 20 MB.
    public int MaxBytes => 15 * 1024 * 1024;

    public bool CanFind => true;

    public async Task<ProviderBatch?> FindAsync(string marker, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var token = "";
        for (var page = 0; page < PagesOfAFind; page++)
        {
            var list = await http.GetAsync($"/batches?pageSize=100{token}", cancellationToken).ConfigureAwait(false);
            if (list.Objects("operations").FirstOrDefault(operation => Batch(operation).Text("displayName") == marker) is { } found)
            {
                return Read(found);
            }

            if (list.Text("nextPageToken") is not { Length: > 0 } next)
            {
                return null;
            }

            token = "&pageToken=" + Uri.EscapeDataString(next);
        }

        return null;
    }

    public async Task<ProviderBatch> SubmitAsync(BatchUpload upload, CancellationToken cancellationToken)
    {
        var requests = new JsonArray();
        foreach (var (customId, body) in upload.Lines)
        {
            requests.Add((JsonNode)new JsonObject { ["request"] = body, ["metadata"] = new JsonObject { ["key"] = customId } });
        }

        var batch = new JsonObject
        {
            ["display_name"] = upload.Marker,
            ["input_config"] = new JsonObject { ["requests"] = new JsonObject { ["requests"] = requests } },
        };
        await upload.BeforeAsync(cancellationToken).ConfigureAwait(false);
        return Read(await http.PostAsync(
            $"/{ProviderAddress.GeminiModel(upload.Model)}:batchGenerateContent", BatchHttp.Json(new JsonObject { ["batch"] = batch }), cancellationToken).ConfigureAwait(false));
    }

    public async Task<ProviderBatch> GetAsync(string id, CancellationToken cancellationToken) =>
        Read(await http.GetAsync("/" + Path(id), cancellationToken).ConfigureAwait(false));

    public Task CancelAsync(string id, CancellationToken cancellationToken) => http.PostAsync($"/{Path(id)}:cancel", null, cancellationToken);

    public IReadOnlyList<string> RemainsOf(ProviderBatch batch) => ["/" + Path(batch.Id)];

    public Task DeleteAsync(string remains, CancellationToken cancellationToken) => http.DeleteAsync(remains, cancellationToken);

    public async IAsyncEnumerable<ProviderLine> ResultsAsync(ProviderBatch batch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The list is an object that holds the list of the same name.
        var output = batch.Body.Object("response") ?? Batch(batch.Body).Object("output");
        var responses = output.Object("inlinedResponses").Objects("inlinedResponses").ToList();
        for (var i = 0; i < responses.Count; i++)
        {
            yield return Line(responses[i], i);
        }

        if (output.Text("responsesFile") is { } file)
        {
            // Only batches that somebody made elsewhere answer with files; a marker is never theirs.
            throw new ProviderException(Name, $"The provider '{Name}' answered with the file '{file}' for requests that were in the call.", 502);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private static ProviderLine Line(JsonObject line, int ordinal)
    {
        var key = line.Object("metadata").Text("key");
        if (line.Object("response") is { } response)
        {
            return new ProviderLine(key, ordinal, response);
        }

        var error = line.Object("error");
        return new ProviderLine(key, ordinal, null, error.Text("status") ?? (error.Number("code") is { } code ? $"code_{code}" : "provider_error"), error.Text("message"));
    }

    /// <summary>The id as a path: it is a name of two parts, <c>batches/{id}</c>, whose slash must stay.</summary>
    private static string Path(string id) => "batches/" + Uri.EscapeDataString(id[(id.IndexOf('/') + 1)..]);

    /// <summary>The batch in an operation.</summary>
    private static JsonObject? Batch(JsonNode? operation) => operation.Object("metadata") ?? operation as JsonObject;

    private ProviderBatch Read(JsonObject operation)
    {
        var status = Batch(operation).Text("state") ?? "";
        var error = operation.Object("error");

        // BATCH_STATE_… in the reference, JOB_STATE_… in the guide; the last word tells.
        var state = status[(status.LastIndexOf('_') + 1)..] switch
        {
            "SUCCEEDED" => ProviderBatchState.Completed,
            "FAILED" => ProviderBatchState.Failed,
            "EXPIRED" => ProviderBatchState.Expired,
            "CANCELLED" => ProviderBatchState.Cancelled,
            _ when error is not null => ProviderBatchState.Failed,
            _ => ProviderBatchState.Running,
        };
        return new ProviderBatch(operation.Text("name") ?? throw new ProviderException(Name, $"The provider '{Name}' answered without a batch's name.", 502), state, status)
        {
            Error = error.Text("message"),
            Body = operation,
        };
    }
}
