using System.Buffers;
using System.Text.Json;
using Granary.Llm.Rendering.Dialects;

namespace Granary.Llm.Streaming;

/// <summary>
/// Gemini's <c>streamGenerateContent</c> with <c>alt=sse</c>. Nothing in the stream says that it is over, and older models give a finish reason with
/// every event: the stop is told when the bytes end. Only the first candidate is read.
/// </summary>
internal sealed class GoogleAdapter(TimeProvider time) : StreamAdapter(new SseReader(), time)
{
    private string? finishReason;

    /// <inheritdoc />
    public override ChatDialect Dialect => ChatDialect.Gemini;

    /// <inheritdoc />
    protected override string IdPrefix => "resp_";

    /// <inheritdoc />
    protected override void ReadPayload(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        if (!IsStarted)
        {
            ReadHead(payload, events);
        }

        var json = new Utf8JsonReader(payload);
        ChatUsage? usage = null;
        string? error = null;
        string? finish = null;
        JsonTokens.EnterRoot(ref json);
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("candidates"u8))
            {
                if (JsonTokens.EnterArray(ref json))
                {
                    while (JsonTokens.NextObject(ref json))
                    {
                        ReadCandidate(ref json, payload, ref finish, ref error, events);
                    }
                }
            }
            else if (json.ValueTextEquals("usageMetadata"u8))
            {
                usage = UsageReader.Gemini(ref json);
            }
            else if (json.ValueTextEquals("promptFeedback"u8))
            {
                ReadPromptFeedback(ref json, ref finish);
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
        finishReason = finish ?? finishReason;
        Usage(usage, events);
        if (error is not null)
        {
            Fail(error, events);
        }
    }

    /// <inheritdoc />
    protected override void OnEnd(ICollection<StreamEvent> events)
    {
        if (finishReason is not null)
        {
            Stop(FinishReasons.Gemini(finishReason), events);
        }
    }

    /// <inheritdoc />
    protected override void WriteStart(IBufferWriter<byte> output)
    {
        // Gemini's stream begins with its first content.
    }

    /// <inheritdoc />
    protected override void WritePiece(in StreamEvent next, IBufferWriter<byte> output)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Content or StreamEventKind.Reasoning:
                var json = BeginPart(output);
                json.WriteString("text"u8, next.Text);
                if (next.Kind == StreamEventKind.Reasoning)
                {
                    json.WriteBoolean("thought"u8, true);
                }

                FinishPart(json, output);
                break;
            case StreamEventKind.ToolCallComplete:
                json = BeginPart(output);
                json.WriteStartObject("functionCall"u8);
                json.WriteString("id"u8, next.Id);
                json.WriteString("name"u8, next.Name);
                json.WritePropertyName("args"u8);
                ToolArguments.Parse(next.Text ?? "").WriteTo(json);
                json.WriteEndObject();
                FinishPart(json, output);
                break;
        }
    }

    /// <inheritdoc />
    protected override void WriteStop(IBufferWriter<byte> output)
    {
        // Said with the usage, in the last event.
    }

    /// <inheritdoc />
    public override void WriteEnd(bool last, IBufferWriter<byte> output)
    {
        var json = Begin(output);
        json.WriteStartArray("candidates"u8);
        json.WriteStartObject();
        json.WriteStartObject("content"u8);
        json.WriteStartArray("parts"u8);
        json.WriteStartObject();
        json.WriteString("text"u8, ""u8);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("role"u8, "model"u8);
        json.WriteEndObject();
        json.WriteString("finishReason"u8, WrittenFinish switch
        {
            ChatFinish.Length => "MAX_TOKENS"u8,
            ChatFinish.ContentFilter => "SAFETY"u8,
            _ => "STOP"u8,
        });
        json.WriteNumber("index"u8, 0);
        json.WriteEndObject();
        json.WriteEndArray();
        if (WrittenUsage is { } usage)
        {
            json.WriteStartObject("usageMetadata"u8);
            json.WriteNumber("promptTokenCount"u8, usage.InputTokens);
            if (usage.CachedInputTokens > 0)
            {
                json.WriteNumber("cachedContentTokenCount"u8, usage.CachedInputTokens);
            }

            json.WriteNumber("candidatesTokenCount"u8, Math.Max(0, usage.OutputTokens - usage.ReasoningTokens));
            if (usage.ReasoningTokens > 0)
            {
                json.WriteNumber("thoughtsTokenCount"u8, usage.ReasoningTokens);
            }

            json.WriteNumber("totalTokenCount"u8, usage.TotalTokens);
            json.WriteEndObject();
        }

        Finish(json, output);
    }

    /// <inheritdoc />
    protected override void WriteError(string message, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        var json = Json(output);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, 500);
        json.WriteString("message"u8, message);
        json.WriteString("status"u8, "INTERNAL"u8);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n\n"u8);
    }

    private void ReadHead(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        var (id, model) = JsonTokens.Texts(payload, "responseId"u8, "modelVersion"u8);
        if (id is not null || model is not null)
        {
            Start(id, model, null, events);
        }
    }

    private void ReadCandidate(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ref string? finish, ref string? error, ICollection<StreamEvent> events)
    {
        var isFirst = JsonTokens.IndexAhead(json) == 0;
        string? message = null;
        string? reason = null;
        while (JsonTokens.NextProperty(ref json))
        {
            if (isFirst && json.ValueTextEquals("content"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadContent(ref json, payload, events);
                }
            }
            else if (isFirst && json.ValueTextEquals("finishReason"u8))
            {
                reason = JsonTokens.Text(ref json);
            }
            else if (isFirst && json.ValueTextEquals("finishMessage"u8))
            {
                message = JsonTokens.Text(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        if (FinishReasons.GeminiFailure(reason, message) is { } failure)
        {
            error = failure;
        }
        else if (!string.IsNullOrEmpty(reason) && reason != "FINISH_REASON_UNSPECIFIED")
        {
            finish = reason;
        }
    }

    private void ReadContent(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        // Parts of one kind that stand side by side are one piece.
        string? text = null;
        var isThought = false;
        while (JsonTokens.NextProperty(ref json))
        {
            if (!json.ValueTextEquals("parts"u8) || !JsonTokens.EnterArray(ref json))
            {
                if (json.TokenType == JsonTokenType.PropertyName)
                {
                    JsonTokens.SkipValue(ref json);
                }

                continue;
            }

            while (JsonTokens.NextObject(ref json))
            {
                var part = ReadPart(ref json, payload);
                if (part.IsCall || part.IsThought != isThought)
                {
                    Tell(text, isThought, events);
                    text = null;
                }

                isThought = part.IsThought;
                if (part.IsCall)
                {
                    Sign(part, events);
                    Start(null, null, null, events);
                    Calls.AddWhole(part.Id, part.Name, part.Arguments, events);
                }
                else
                {
                    text = string.IsNullOrEmpty(text) ? part.Text : text + part.Text;
                    if (part.Signature is not null)
                    {
                        // After what it signs.
                        Tell(text, isThought, events);
                        text = null;
                        Sign(part, events);
                    }
                }
            }
        }

        Tell(text, isThought, events);
    }

    private void Sign(in Part part, ICollection<StreamEvent> events)
    {
        if (part.Signature is { Length: > 0 } signature)
        {
            Signature(GeminiThoughts.Part(signature, part.IsCall), null, events);
        }
    }

    private void Tell(string? text, bool isThought, ICollection<StreamEvent> events)
    {
        if (isThought)
        {
            Reasoning(text, events);
        }
        else
        {
            Content(text, events);
        }
    }

    private static Part ReadPart(ref Utf8JsonReader json, ReadOnlySpan<byte> payload)
    {
        var part = new Part();
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("text"u8))
            {
                part.Text = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("thought"u8))
            {
                part.IsThought = JsonTokens.True(ref json);
            }
            else if (json.ValueTextEquals("thoughtSignature"u8) || json.ValueTextEquals("thought_signature"u8))
            {
                part.Signature = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("functionCall"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadCall(ref json, payload, ref part);
                }
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        return part;
    }

    private static void ReadCall(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ref Part part)
    {
        part.IsCall = true;
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("id"u8))
            {
                part.Id = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("name"u8))
            {
                part.Name = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("args"u8))
            {
                part.Arguments = JsonTokens.TextOrJson(ref json, payload);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    /// <summary>A prompt that was refused gets no candidates, only a reason.</summary>
    private static void ReadPromptFeedback(ref Utf8JsonReader json, ref string? finish)
    {
        if (!JsonTokens.EnterObject(ref json))
        {
            return;
        }

        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("blockReason"u8))
            {
                finish = string.IsNullOrEmpty(JsonTokens.Text(ref json)) ? finish : "SAFETY";
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    private Utf8JsonWriter BeginPart(IBufferWriter<byte> output)
    {
        var json = Begin(output);
        json.WriteStartArray("candidates"u8);
        json.WriteStartObject();
        json.WriteStartObject("content"u8);
        json.WriteStartArray("parts"u8);
        json.WriteStartObject();
        return json;
    }

    private void FinishPart(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("role"u8, "model"u8);
        json.WriteEndObject();
        json.WriteNumber("index"u8, 0);
        json.WriteEndObject();
        json.WriteEndArray();
        Finish(json, output);
    }

    private Utf8JsonWriter Begin(IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        var json = Json(output);
        json.WriteStartObject();
        return json;
    }

    private void Finish(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteString("modelVersion"u8, WrittenModel);
        json.WriteString("responseId"u8, WrittenId);
        json.WriteEndObject();
        json.Flush();
        output.Write("\n\n"u8);
    }

    private ref struct Part
    {
        public string? Text;
        public string? Signature;
        public bool IsThought;
        public bool IsCall;
        public string? Id;
        public string? Name;
        public string? Arguments;
    }
}
