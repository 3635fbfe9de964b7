using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Granary.Llm.Rendering.Dialects;

namespace Granary.Llm.Streaming;

/// <summary>Ollama's <c>/api/chat</c>: a JSON object a line; tool calls come whole, their ids only from newer servers, the answer has none.</summary>
internal sealed class OllamaAdapter(TimeProvider time) : StreamAdapter(new JsonLinesReader(), time)
{
    /// <inheritdoc />
    public override ChatDialect Dialect => ChatDialect.Ollama;

    /// <inheritdoc />
    protected override string IdPrefix => "chatcmpl-";

    /// <inheritdoc />
    protected override void ReadPayload(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        var json = new Utf8JsonReader(payload);
        var isDone = false;
        string? reason = null;
        string? error = null;
        int? prompt = null;
        int? answer = null;
        JsonTokens.EnterRoot(ref json);
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("message"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadMessage(ref json, payload, events);
                }
            }
            else if (!IsStarted && json.ValueTextEquals("model"u8))
            {
                Start(null, JsonTokens.Text(ref json), null, events);
            }
            else if (json.ValueTextEquals("done"u8))
            {
                isDone = JsonTokens.True(ref json);
            }
            else if (json.ValueTextEquals("done_reason"u8))
            {
                reason = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("prompt_eval_count"u8))
            {
                prompt = JsonTokens.Number(ref json);
            }
            else if (json.ValueTextEquals("eval_count"u8))
            {
                answer = JsonTokens.Number(ref json);
            }
            else if (json.ValueTextEquals("error"u8))
            {
                error = JsonTokens.Error(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        JsonTokens.LeaveRoot(ref json);
        if (error is not null)
        {
            Fail(error, events);
            return;
        }

        if (prompt is not null || answer is not null)
        {
            Usage(new ChatUsage(prompt ?? 0, answer ?? 0), events);
        }

        if (isDone)
        {
            Stop(FinishReasons.Ollama(reason), events);
            Done(events);
        }
    }

    /// <inheritdoc />
    protected override void WriteStart(IBufferWriter<byte> output)
    {
        // Ollama's stream begins with its first content.
    }

    /// <inheritdoc />
    protected override void WritePiece(in StreamEvent next, IBufferWriter<byte> output)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Content:
                var json = BeginMessage(next.Text ?? "", output);
                FinishMessage(json, output);
                break;
            case StreamEventKind.Reasoning:
                json = BeginMessage("", output);
                json.WriteString("thinking"u8, next.Text);
                FinishMessage(json, output);
                break;
            case StreamEventKind.ToolCallComplete:
                json = BeginMessage("", output);
                json.WriteStartArray("tool_calls"u8);
                json.WriteStartObject();
                json.WriteString("id"u8, next.Id);
                json.WriteStartObject("function"u8);
                json.WriteNumber("index"u8, next.Index);
                json.WriteString("name"u8, next.Name);
                json.WritePropertyName("arguments"u8);
                ToolArguments.Parse(next.Text ?? "").WriteTo(json);
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndArray();
                FinishMessage(json, output);
                break;
        }
    }

    /// <inheritdoc />
    protected override void WriteStop(IBufferWriter<byte> output)
    {
        // Said with the usage, in the last line.
    }

    /// <inheritdoc />
    public override void WriteEnd(bool last, IBufferWriter<byte> output)
    {
        if (!last)
        {
            return;
        }

        var json = BeginMessage("", output);
        json.WriteEndObject();
        json.WriteString("done_reason"u8, WrittenFinish == ChatFinish.Length ? "length"u8 : "stop"u8);
        json.WriteBoolean("done"u8, true);
        if (WrittenUsage is { } usage)
        {
            json.WriteNumber("prompt_eval_count"u8, usage.InputTokens);
            json.WriteNumber("eval_count"u8, usage.OutputTokens);
        }

        FinishLine(json, output);
    }

    /// <inheritdoc />
    protected override void WriteError(string message, IBufferWriter<byte> output)
    {
        var json = Json(output);
        json.WriteStartObject();
        json.WriteString("error"u8, message);
        FinishLine(json, output);
    }

    private void ReadMessage(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("content"u8))
            {
                Content(JsonTokens.Text(ref json), events);
            }
            else if (json.ValueTextEquals("thinking"u8))
            {
                Reasoning(JsonTokens.Text(ref json), events);
            }
            else if (json.ValueTextEquals("tool_calls"u8))
            {
                if (JsonTokens.EnterArray(ref json))
                {
                    while (JsonTokens.NextObject(ref json))
                    {
                        ReadCall(ref json, payload, events);
                    }
                }
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    private void ReadCall(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        string? id = null;
        string? name = null;
        string? arguments = null;
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("id"u8))
            {
                id = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("function"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    (name, arguments) = JsonTokens.Function(ref json, payload);
                }
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        Start(null, null, null, events);
        Calls.AddWhole(id, name, arguments, events);
    }

    private Utf8JsonWriter BeginMessage(string content, IBufferWriter<byte> output)
    {
        var json = Json(output);
        json.WriteStartObject();
        json.WriteString("model"u8, WrittenModel);
        json.WriteString("created_at"u8, Time.GetUtcNow().UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, content);
        return json;
    }

    private static void FinishMessage(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteEndObject();
        json.WriteBoolean("done"u8, false);
        FinishLine(json, output);
    }

    private static void FinishLine(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }
}
