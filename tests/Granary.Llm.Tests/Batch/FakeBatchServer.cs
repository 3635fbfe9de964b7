using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Granary.Llm.Tests.Functions;

namespace Granary.Llm.Tests.Batch;

/// <summary>What the fake does with a line.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Tool">The tool that it calls instead, without arguments.</param>
/// <param name="Error">The error that it has instead.</param>
internal sealed record FakeLine(string? Text = null, string? Tool = null, string? Error = null);

/// <summary>A batch at the fake.</summary>
internal sealed class FakeBatch
{
    public required string Id { get; init; }

    public string? Marker { get; init; }

    public required IReadOnlyList<(string CustomId, JsonObject Body)> Lines { get; init; }

    public string State { get; set; } = "running";

    public bool CancelAsked { get; set; }

    /// <summary>How many lines it has come to.</summary>
    public int Answered { get; set; }
}

/// <summary>The batch APIs of OpenAI, Anthropic and Gemini, on this machine: batches end when and as the test says.</summary>
internal sealed partial class FakeBatchServer : IAsyncDisposable
{
    private readonly LocalServer _server;
    private readonly ConcurrentDictionary<string, string> _files = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _silence = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _ids;

    public FakeBatchServer() => _server = new LocalServer(AnswerAsync);

    public Uri Address => _server.Address;

    public List<FakeBatch> Batches { get; } = [];

    /// <summary>What becomes of a line.</summary>
    public Func<string, JsonObject, FakeLine> Line { get; set; } = (id, _) => new FakeLine("answer to " + id);

    /// <summary>Statuses of the next submissions, with the seconds of Retry-After; taken one by one. 0: takes the batch, then breaks the connection.</summary>
    public Queue<(int Status, int? RetryAfter)> Refusals { get; } = new();

    /// <summary>Whether Gemini leaves out the keys of its answers, as the service was seen to.</summary>
    public bool WithoutKeys { get; set; }

    /// <summary>What was deleted.</summary>
    public List<string> Deleted { get; } = [];

    /// <summary>The status of deletions.</summary>
    public int DeletionStatus { get; set; } = 200;

    /// <summary>Results break off after so many lines, once.</summary>
    public int? BreakAfter { get; set; }

    /// <summary>The next answer to a question falls silent in its middle.</summary>
    public bool FallSilent { get; set; }

    /// <summary>What the next upload of a file waits for, and what ends when it has come.</summary>
    public (TaskCompletionSource Came, Task Goes)? HeldUpload { get; set; }

    /// <summary>Ends when the fake has fallen silent.</summary>
    public Task Silence => _silence.Task;

    public void EndAll(string state = "completed", int? answered = null)
    {
        foreach (var batch in Batches.Where(batch => batch.State == "running"))
        {
            batch.State = state;
            batch.Answered = answered ?? (state == "failed" ? 0 : batch.Lines.Count);
        }
    }

    public ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        return _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        string body;
        using (var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8))
        {
            body = await reader.ReadToEndAsync();
        }

        try
        {
            var isSubmission = context.Request.HttpMethod == "POST" && (path.EndsWith("/batches", StringComparison.Ordinal) || path.EndsWith(":batchGenerateContent", StringComparison.Ordinal));
            (int Status, int? RetryAfter)? refusal;
            lock (Batches)
            {
                refusal = isSubmission && Refusals.TryDequeue(out var next) ? next : null;
            }

            if (path == "/v1/files" && HeldUpload is { } held)
            {
                HeldUpload = null;
                held.Came.SetResult();
                await held.Goes;
            }

            if (refusal is { Status: > 0 } refused)
            {
                if (refused.RetryAfter is { } seconds)
                {
                    context.Response.AddHeader("Retry-After", $"{seconds}");
                }

                await LocalServer.WriteAsync(context, refused.Status, """{"error":{"message":"not now","type":"fake"}}""");
                return;
            }

            if (context.Request.HttpMethod == "DELETE")
            {
                if (DeletionStatus == 200)
                {
                    Deleted.Add(path);
                }

                await LocalServer.WriteAsync(context, DeletionStatus, "{}");
                return;
            }

            string answer;
            lock (Batches)
            {
                answer = path switch
                {
                    _ when path.StartsWith("/v1beta/", StringComparison.Ordinal) => Gemini(path["/v1beta/".Length..], body),
                    _ when path.StartsWith("/v1/messages/batches", StringComparison.Ordinal) => Anthropic(path["/v1/messages/batches".Length..], body),
                    _ => OpenAI(context.Request.HttpMethod, path["/v1/".Length..], body),
                };
            }

            if (refusal is { Status: 0 })
            {
                context.Response.Abort();
                return;
            }

            if (FallSilent && context.Request.HttpMethod == "GET")
            {
                FallSilent = false;
                var bytes = Encoding.UTF8.GetBytes(answer);
                context.Response.ContentLength64 = bytes.Length;
                await context.Response.OutputStream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
                await context.Response.OutputStream.FlushAsync();
                _silence.TrySetResult();
                await _end.Task;
                context.Response.Abort();
                return;
            }

            await LocalServer.WriteAsync(context, 200, answer);
        }
        catch (KeyNotFoundException)
        {
            await LocalServer.WriteAsync(context, 404, """{"error":{"message":"no such thing"}}""");
        }
    }

    private string OpenAI(string method, string path, string body)
    {
        if (path == "files")
        {
            var id = $"file-{++_ids}";
            var content = body[body.IndexOf("{\"custom_id", StringComparison.Ordinal)..];
            _files[id] = content[..(content.LastIndexOf("}\n", StringComparison.Ordinal) + 1)];
            return $$"""{"id":"{{id}}","object":"file"}""";
        }

        if (path.StartsWith("files/", StringComparison.Ordinal))
        {
            var parts = path.Split('/')[1].Split('-');
            var batch = Find("batch-" + parts[1]);
            var lines = batch.Lines.Take(batch.Answered).Select(line => (line, Line(line.CustomId, line.Body)))
                .Where(line => line.Item2.Error is null == (parts[0] == "out"))
                .Select(line => OpenAILine(line.line.CustomId, line.Item2).ToJsonString());
            return Break(lines);
        }

        if (method == "POST" && path == "batches")
        {
            var json = JsonNode.Parse(body)!;
            ((string?)json["endpoint"]).ShouldBe("/v1/chat/completions");
            ((string?)json["completion_window"]).ShouldBe("24h");
            var lines = _files[(string)json["input_file_id"]!].Split('\n').Select(line => JsonNode.Parse(line)!.AsObject())
                .Select(line => ((string)line["custom_id"]!, line["body"]!.AsObject())).ToList();
            var made = new FakeBatch { Id = $"batch-{++_ids}", Marker = (string?)json["metadata"]!["granary_marker"], Lines = lines };
            Batches.Add(made);
            return OpenAIBatch(made);
        }

        if (path == "batches")
        {
            return $$"""{"object":"list","data":[{{string.Join(',', Batches.AsEnumerable().Reverse().Select(OpenAIBatch))}}],"has_more":false}""";
        }

        var found = Find(path.Split('/')[1]);
        if (path.EndsWith("/cancel", StringComparison.Ordinal))
        {
            found.CancelAsked = true;
        }

        return OpenAIBatch(found);
    }

    private static string OpenAIBatch(FakeBatch batch) => new JsonObject
    {
        ["id"] = batch.Id,
        ["object"] = "batch",
        ["status"] = batch.State == "running" ? batch.CancelAsked ? "cancelling" : "in_progress" : batch.State,
        ["input_file_id"] = "file-in",
        ["output_file_id"] = batch.Answered > 0 ? "out-" + batch.Id[6..] : null,
        ["error_file_id"] = batch.Answered > 0 ? "err-" + batch.Id[6..] : null,
        ["errors"] = batch.State == "failed" ? JsonNode.Parse("""{"data":[{"code":"bad","message":"the file is no good"}]}""") : null,
        ["metadata"] = new JsonObject { ["granary_marker"] = batch.Marker },
    }.ToJsonString();

    private static JsonObject OpenAILine(string id, FakeLine line) => line.Error is not null
        ? new JsonObject { ["custom_id"] = id, ["response"] = new JsonObject { ["status_code"] = 400, ["body"] = new JsonObject { ["error"] = new JsonObject { ["code"] = line.Error, ["message"] = "refused" } } } }
        : new JsonObject
        {
            ["custom_id"] = id,
            ["response"] = new JsonObject
            {
                ["status_code"] = 200,
                ["body"] = new JsonObject
                {
                    ["id"] = "chatcmpl-1",
                    ["model"] = "gpt-4o",
                    ["choices"] = new JsonArray(new JsonObject
                    {
                        ["index"] = 0,
                        ["finish_reason"] = line.Tool is null ? "stop" : "tool_calls",
                        ["message"] = line.Tool is null
                            ? new JsonObject { ["role"] = "assistant", ["content"] = line.Text }
                            : JsonNode.Parse($$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"{{{line.Tool}}}","arguments":"{}"}}]}"""),
                    }),
                    ["usage"] = JsonNode.Parse("""{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}"""),
                },
            },
            ["error"] = null,
        };

    private string Anthropic(string path, string body)
    {
        if (path.Length == 0)
        {
            var lines = JsonNode.Parse(body)!["requests"]!.AsArray().Select(line => ((string)line!["custom_id"]!, line["params"]!.AsObject())).ToList();
            lines.ShouldAllBe(line => AnthropicId().IsMatch(line.Item1));
            var made = new FakeBatch { Id = $"msgbatch_{++_ids}", Lines = lines };
            Batches.Add(made);
            return AnthropicBatch(made);
        }

        var batch = Find(path.Split('/')[1]);
        if (path.EndsWith("/results", StringComparison.Ordinal))
        {
            return Break(batch.Lines.Select((line, i) => AnthropicLine(batch, line.CustomId, i < batch.Answered ? Line(line.CustomId, line.Body) : null).ToJsonString()));
        }

        batch.CancelAsked |= path.EndsWith("/cancel", StringComparison.Ordinal);
        return AnthropicBatch(batch);
    }

    private static string AnthropicBatch(FakeBatch batch) => new JsonObject
    {
        ["id"] = batch.Id,
        ["type"] = "message_batch",
        ["processing_status"] = batch.State == "running" ? batch.CancelAsked ? "canceling" : "in_progress" : "ended",
        ["request_counts"] = new JsonObject
        {
            ["expired"] = batch.State == "expired" ? batch.Lines.Count - batch.Answered : 0,
            ["canceled"] = batch.State == "cancelled" ? batch.Lines.Count - batch.Answered : 0,
        },
        ["results_url"] = "http://127.0.0.1:1/never",
    }.ToJsonString();

    private static JsonObject AnthropicLine(FakeBatch batch, string id, FakeLine? line) => new()
    {
        ["custom_id"] = id,
        ["result"] = line switch
        {
            null => new JsonObject { ["type"] = batch.State == "cancelled" ? "canceled" : "expired" },
            { Error: { } error } => new JsonObject { ["type"] = "errored", ["error"] = new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = error, ["message"] = "refused" } } },
            _ => new JsonObject
            {
                ["type"] = "succeeded",
                ["message"] = new JsonObject
                {
                    ["id"] = "msg_1",
                    ["type"] = "message",
                    ["role"] = "assistant",
                    ["model"] = "claude-sonnet-4",
                    ["stop_reason"] = line.Tool is null ? "end_turn" : "tool_use",
                    ["content"] = line.Tool is null
                        ? new JsonArray(new JsonObject { ["type"] = "text", ["text"] = line.Text })
                        : new JsonArray(new JsonObject { ["type"] = "tool_use", ["id"] = "toolu_1", ["name"] = line.Tool, ["input"] = new JsonObject() }),
                    ["usage"] = JsonNode.Parse("""{"input_tokens":1000,"output_tokens":100}"""),
                },
            },
        },
    };

    private string Gemini(string path, string body)
    {
        if (path.EndsWith(":batchGenerateContent", StringComparison.Ordinal))
        {
            var json = JsonNode.Parse(body)!["batch"]!;
            var lines = json["input_config"]!["requests"]!["requests"]!.AsArray()
                .Select(line => ((string)line!["metadata"]!["key"]!, line["request"]!.AsObject())).ToList();
            var made = new FakeBatch { Id = $"batches/{++_ids}", Marker = (string?)json["display_name"], Lines = lines };
            Batches.Add(made);
            return GeminiBatch(made);
        }

        if (path == "batches")
        {
            return $$"""{"operations":[{{string.Join(',', Batches.Select(GeminiBatch))}}]}""";
        }

        var batch = Find(path.Split(':')[0]);
        batch.CancelAsked |= path.EndsWith(":cancel", StringComparison.Ordinal);
        return path.EndsWith(":cancel", StringComparison.Ordinal) ? "{}" : GeminiBatch(batch);
    }

    private string GeminiBatch(FakeBatch batch) => new JsonObject
    {
        ["name"] = batch.Id,
        ["metadata"] = new JsonObject
        {
            ["displayName"] = batch.Marker,
            ["state"] = "BATCH_STATE_" + (batch.State switch { "running" => "RUNNING", "completed" => "SUCCEEDED", var other => other.ToUpperInvariant() }),
        },
        ["done"] = batch.State != "running",
        ["error"] = batch.State == "failed" ? JsonNode.Parse("""{"code":3,"message":"the file is no good"}""") : null,
        ["response"] = batch.Answered == 0 ? null : new JsonObject
        {
            ["inlinedResponses"] = new JsonObject
            {
                ["inlinedResponses"] = new JsonArray([.. batch.Lines.Take(batch.Answered).Select(line => GeminiLine(line.CustomId, Line(line.CustomId, line.Body)))]),
            },
        },
    }.ToJsonString();

    private JsonNode GeminiLine(string id, FakeLine line)
    {
        var json = line.Error is not null
            ? new JsonObject { ["error"] = new JsonObject { ["status"] = line.Error, ["message"] = "refused" } }
            : new JsonObject
            {
                ["response"] = new JsonObject
                {
                    ["candidates"] = new JsonArray(new JsonObject
                    {
                        ["finishReason"] = "STOP",
                        ["content"] = new JsonObject
                        {
                            ["role"] = "model",
                            ["parts"] = new JsonArray(line.Tool is null
                                ? new JsonObject { ["text"] = line.Text }
                                : new JsonObject { ["functionCall"] = new JsonObject { ["name"] = line.Tool, ["args"] = new JsonObject() } }),
                        },
                    }),
                    ["modelVersion"] = "gemini-2.5-flash",
                    ["usageMetadata"] = JsonNode.Parse("""{"promptTokenCount":1000,"candidatesTokenCount":100,"totalTokenCount":1100}"""),
                },
            };
        if (!WithoutKeys)
        {
            json["metadata"] = new JsonObject { ["key"] = id };
        }

        return json;
    }

    private FakeBatch Find(string id) => Batches.Find(batch => batch.Id == id) ?? throw new KeyNotFoundException();

    private string Break(IEnumerable<string> lines)
    {
        if (BreakAfter is not { } whole)
        {
            return string.Join('\n', lines);
        }

        BreakAfter = null;
        return string.Join('\n', lines.Take(whole)) + "\n{\"custom_id\":\"half";
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$")]
    private static partial Regex AnthropicId();
}
