using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Providers;

/// <summary>OpenAI's batches: a file of requests, a batch over it, files of answers and of errors (platform.openai.com/docs/api-reference/batch).</summary>
internal sealed class OpenAIBatches(BatchHttp http) : IBatchProvider
{
    private const string MarkerField = "granary_marker";
    private const int PagesOfAFind = 20;

    public string Name => http.Name;

    public BatchType Type => BatchType.OpenaiBatchApi;

    public ChatDialect Dialect => ChatDialect.OpenAIChat;

    // A file may have 200 MB; it is in memory while it is sent.
    public int MaxBytes => 16 * 1024 * 1024;

    public bool CanFind => true;

    public async Task<ProviderBatch?> FindAsync(string marker, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var after = "";
        for (var page = 0; page < PagesOfAFind; page++)
        {
            var list = await http.GetAsync($"/batches?limit=100{after}", cancellationToken).ConfigureAwait(false);
            string? last = null;
            foreach (var batch in list.Objects("data"))
            {
                if (batch.Object("metadata").Text(MarkerField) == marker)
                {
                    return Read(batch);
                }

                last = batch.Text("id");
                if (batch["created_at"] is JsonValue made && made.TryGetValue<long>(out var seconds) && DateTimeOffset.FromUnixTimeSeconds(seconds) < since)
                {
                    // The newest come first.
                    return null;
                }
            }

            if (last is null || list["has_more"] is not JsonValue more || !more.TryGetValue<bool>(out var goesOn) || !goesOn)
            {
                return null;
            }

            after = "&after=" + Uri.EscapeDataString(last);
        }

        return null;
    }

    public async Task<ProviderBatch> SubmitAsync(BatchUpload upload, CancellationToken cancellationToken)
    {
        var file = await http.PostAsync("/files", File(upload), cancellationToken).ConfigureAwait(false);
        await upload.BeforeAsync(cancellationToken).ConfigureAwait(false);
        var metadata = new JsonObject { [MarkerField] = upload.Marker };
        foreach (var (name, value) in upload.Metadata)
        {
            metadata[name] = value;
        }

        var batch = await http.PostAsync(
            "/batches",
            BatchHttp.Json(new JsonObject
            {
                ["input_file_id"] = file.Text("id") ?? throw new ProviderException(Name, $"The provider '{Name}' answered an upload without a file's id.", 502),
                ["endpoint"] = "/v1/chat/completions",
                ["completion_window"] = "24h",
                ["metadata"] = metadata,
            }),
            cancellationToken).ConfigureAwait(false);
        return Read(batch);
    }

    public async Task<ProviderBatch> GetAsync(string id, CancellationToken cancellationToken) =>
        Read(await http.GetAsync($"/batches/{Uri.EscapeDataString(id)}", cancellationToken).ConfigureAwait(false));

    public Task CancelAsync(string id, CancellationToken cancellationToken) => http.PostAsync($"/batches/{Uri.EscapeDataString(id)}/cancel", null, cancellationToken);

    // Batches themselves stay: they hold numbers only, and nothing deletes them.
    public IReadOnlyList<string> RemainsOf(ProviderBatch batch) =>
        [.. new[] { batch.InputFile, batch.OutputFile, batch.ErrorFile }.OfType<string>().Select(FileAddress)];

    public Task DeleteAsync(string remains, CancellationToken cancellationToken) => http.DeleteAsync(remains, cancellationToken);

    public async IAsyncEnumerable<ProviderLine> ResultsAsync(ProviderBatch batch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var file in new[] { batch.OutputFile, batch.ErrorFile })
        {
            if (file is not null)
            {
                await foreach (var line in http.LinesAsync(FileAddress(file) + "/content", cancellationToken).ConfigureAwait(false))
                {
                    yield return Line(line);
                }
            }
        }
    }

    private static string FileAddress(string id) => $"/files/{Uri.EscapeDataString(id)}";

    private static ProviderLine Line(JsonObject line)
    {
        var id = line.Text("custom_id");
        var response = line.Object("response");
        var body = response.Object("body");
        if (response.Number("status_code") is >= 200 and < 300 && body is not null)
        {
            return new ProviderLine(id, null, body);
        }

        var error = line.Object("error") ?? body.Object("error");
        return new ProviderLine(id, null, null, error.Text("code") ?? error.Text("type") ?? (response.Number("status_code") is { } status ? $"status_{status}" : "provider_error"), error.Text("message"));
    }

    private static MultipartFormDataContent File(BatchUpload upload)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = ProviderJson.Plain.Encoder }))
        {
            foreach (var (customId, body) in upload.Lines)
            {
                new JsonObject { ["custom_id"] = customId, ["method"] = "POST", ["url"] = "/v1/chat/completions", ["body"] = body }.WriteTo(writer);
                writer.Flush();
                writer.Reset();
                bytes.Write("\n"u8);
            }
        }

        var file = new ReadOnlyMemoryContent(bytes.WrittenMemory) { Headers = { ContentType = new MediaTypeHeaderValue("application/jsonl") } };
        return new MultipartFormDataContent { { new StringContent("batch"), "purpose" }, { file, "file", $"{upload.Marker}.jsonl" } };
    }

    private ProviderBatch Read(JsonObject batch)
    {
        var status = batch.Text("status") ?? "";
        var state = status switch
        {
            "completed" => ProviderBatchState.Completed,
            "failed" => ProviderBatchState.Failed,
            "expired" => ProviderBatchState.Expired,
            "cancelled" => ProviderBatchState.Cancelled,
            _ => ProviderBatchState.Running,
        };
        return new ProviderBatch(batch.Text("id") ?? throw new ProviderException(Name, $"The provider '{Name}' answered without a batch's id.", 502), state, status)
        {
            InputFile = batch.Text("input_file_id"),
            OutputFile = batch.Text("output_file_id"),
            ErrorFile = batch.Text("error_file_id"),
            Error = batch.Object("errors").Objects("data").Select(error => error.Text("message")).FirstOrDefault(),
        };
    }
}
