using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Providers;

/// <summary>Anthropic's message batches (docs.claude.com/en/api/creating-message-batches). They carry no data of the caller's but the custom ids.</summary>
internal sealed class AnthropicBatches(BatchHttp http) : IBatchProvider
{
    public string Name => http.Name;

    public BatchType Type => BatchType.AnthropicBatchApi;

    public ChatDialect Dialect => ChatDialect.Anthropic;

    // A batch may have 256 MB; it is in memory while it is sent.
    public int MaxBytes => 16 * 1024 * 1024;

    public bool CanFind => false;

    public Task<ProviderBatch?> FindAsync(string marker, DateTimeOffset since, CancellationToken cancellationToken) => Task.FromResult<ProviderBatch?>(null);

    public async Task<ProviderBatch> SubmitAsync(BatchUpload upload, CancellationToken cancellationToken)
    {
        var requests = new JsonArray();
        foreach (var (customId, body) in upload.Lines)
        {
            requests.Add((JsonNode)new JsonObject { ["custom_id"] = customId, ["params"] = body });
        }

        await upload.BeforeAsync(cancellationToken).ConfigureAwait(false);
        return Read(await http.PostAsync("/messages/batches", BatchHttp.Json(new JsonObject { ["requests"] = requests }), cancellationToken).ConfigureAwait(false));
    }

    public async Task<ProviderBatch> GetAsync(string id, CancellationToken cancellationToken) =>
        Read(await http.GetAsync($"/messages/batches/{Uri.EscapeDataString(id)}", cancellationToken).ConfigureAwait(false));

    public Task CancelAsync(string id, CancellationToken cancellationToken) =>
        http.PostAsync($"/messages/batches/{Uri.EscapeDataString(id)}/cancel", null, cancellationToken);

    public IReadOnlyList<string> RemainsOf(ProviderBatch batch) => [$"/messages/batches/{Uri.EscapeDataString(batch.Id)}"];

    public Task DeleteAsync(string remains, CancellationToken cancellationToken) => http.DeleteAsync(remains, cancellationToken);

    public async IAsyncEnumerable<ProviderLine> ResultsAsync(ProviderBatch batch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Not the address that the answer gives: the key goes nowhere but to the configured one.
        await foreach (var line in http.LinesAsync($"/messages/batches/{Uri.EscapeDataString(batch.Id)}/results", cancellationToken).ConfigureAwait(false))
        {
            yield return Line(line);
        }
    }

    private static ProviderLine Line(JsonObject line)
    {
        var result = line.Object("result");
        var type = result.Text("type");
        if (type == "succeeded" && result.Object("message") is { } message)
        {
            return new ProviderLine(line.Text("custom_id"), null, message);
        }

        var error = result.Object("error").Object("error") ?? result.Object("error");
        var code = type switch
        {
            "expired" => "expired",
            "canceled" => "cancelled",
            _ => error.Text("type") ?? "provider_error",
        };
        return new ProviderLine(line.Text("custom_id"), null, null, code, error.Text("message"));
    }

    private ProviderBatch Read(JsonObject batch)
    {
        var status = batch.Text("processing_status") ?? "";
        var counts = batch.Object("request_counts");
        var state = status != "ended" ? ProviderBatchState.Running

            // Anthropic only says that it ended; what became of the lines says how.
            : counts.Number("expired") > 0 ? ProviderBatchState.Expired
            : counts.Number("canceled") > 0 ? ProviderBatchState.Cancelled
            : ProviderBatchState.Completed;
        return new ProviderBatch(batch.Text("id") ?? throw new ProviderException(Name, $"The provider '{Name}' answered without a batch's id.", 502), state, status);
    }
}
