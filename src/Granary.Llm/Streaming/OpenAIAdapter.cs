using System.Buffers;
using System.Text.Json;
using Granary.Llm.Rendering.Dialects;

namespace Granary.Llm.Streaming;

/// <summary>
/// OpenAI's <c>chat.completion.chunk</c> events, and what compatible servers make of them: tool calls without index or id, reasoning under several
/// names, usage in any chunk, no <c>[DONE]</c>, Mistral's lists of content parts. Only the first choice of an answer is read.
/// </summary>
internal sealed class OpenAIAdapter(ChatDialect dialect, TimeProvider time) : StreamAdapter(new SseReader(), time)
{
    private byte[] head = [];
    private bool isRefused;

    /// <inheritdoc />
    public override ChatDialect Dialect => dialect;

    /// <inheritdoc />
    protected override string IdPrefix => "chatcmpl-";

    private static ReadOnlySpan<byte> EndOfStream => "data: [DONE]\n\n"u8;

    /// <inheritdoc />
    protected override void ReadPayload(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        if (payload.SequenceEqual("[DONE]"u8))
        {
            Done(events);
            return;
        }

        if (!IsStarted)
        {
            ReadHead(payload, events);
        }

        var json = new Utf8JsonReader(payload);
        ChatUsage? usage = null;
        string? error = null;
        string? failure = null;
        JsonTokens.EnterRoot(ref json);
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("choices"u8))
            {
                if (JsonTokens.EnterArray(ref json))
                {
                    while (JsonTokens.NextObject(ref json))
                    {
                        ReadChoice(ref json, payload, ref failure, events);
                    }
                }
            }
            else if (json.ValueTextEquals("usage"u8))
            {
                usage = UsageReader.OpenAI(ref json);
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
        Usage(usage, events);
        if ((error ?? failure) is { } told)
        {
            Fail(told, events);
        }
    }

    /// <inheritdoc />
    protected override void WriteStart(IBufferWriter<byte> output)
    {
        // All chunks begin alike. Time is written in whole seconds.
        var buffer = new ArrayBufferWriter<byte>(160);
        buffer.Write("data: "u8);
        var json = Json(buffer);
        json.WriteStartObject();
        json.WriteString("id"u8, WrittenId);
        json.WriteString("object"u8, "chat.completion.chunk"u8);
        json.WriteNumber("created"u8, Time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("model"u8, WrittenModel);
        json.Flush();
        buffer.Write(",\"choices\":["u8);
        head = buffer.WrittenSpan.ToArray();

        output.Write(head);
        output.Write("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n"u8);
    }

    /// <inheritdoc />
    protected override void WritePiece(in StreamEvent next, IBufferWriter<byte> output)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Content:
                WriteText("content"u8, next.Text, output);
                break;
            case StreamEventKind.Reasoning:
                WriteText("reasoning_content"u8, next.Text, output);
                break;
            case StreamEventKind.ToolCallStart:
                WriteDelta(ChatFinish.Unknown, [new ToolPiece(next.Index, next.Id, next.Name, "")], output);
                break;
            case StreamEventKind.ToolCallDelta:
                WriteDelta(ChatFinish.Unknown, [new ToolPiece(next.Index, null, null, next.Text ?? "")], output);
                break;
        }
    }

    /// <summary>Writes whole tool calls as one chunk.</summary>
    /// <param name="calls">The <see cref="StreamEventKind.ToolCallComplete"/> events.</param>
    /// <param name="finish">The chunk's finish reason.</param>
    /// <param name="output">Receives the chunk.</param>
    public void WriteWhole(IReadOnlyList<StreamEvent> calls, ChatFinish finish, IBufferWriter<byte> output) =>
        WriteDelta(finish, [.. calls.Select(c => new ToolPiece(c.Index, c.Id, c.Name, c.Text ?? ""))], output);

    /// <inheritdoc />
    protected override void WriteStop(IBufferWriter<byte> output) => WriteDelta(WrittenFinish, [], output);

    /// <inheritdoc />
    public override void WriteEnd(bool last, IBufferWriter<byte> output)
    {
        WriteUsage(output);
        if (last)
        {
            WriteTerminator(output);
        }
    }

    /// <inheritdoc />
    public override void WriteTerminator(IBufferWriter<byte> output) => output.Write(EndOfStream);

    /// <inheritdoc />
    public override void WriteUsage(IBufferWriter<byte> output)
    {
        if (WrittenUsage is not { } usage)
        {
            return;
        }

        output.Write(head);
        output.Write("],"u8);
        var json = Json(output);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, usage.InputTokens);
        json.WriteNumber("completion_tokens"u8, usage.OutputTokens);
        json.WriteNumber("total_tokens"u8, usage.TotalTokens);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CachedInputTokens);
        if (usage.CacheWriteTokens > 0)
        {
            json.WriteNumber("cache_write_tokens"u8, usage.CacheWriteTokens);
        }

        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.ReasoningTokens);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        output.Write("}\n\n"u8);
    }

    /// <inheritdoc />
    protected override void WriteError(string message, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        var json = Json(output);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, message);
        json.WriteString("type"u8, "streaming_error"u8);
        json.WriteNumber("code"u8, 500);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n\n"u8);
        WriteTerminator(output);
    }

    private static ReadOnlySpan<byte> FinishName(ChatFinish finish) => finish switch
    {
        ChatFinish.ToolCalls => "tool_calls"u8,
        ChatFinish.Length => "length"u8,
        ChatFinish.ContentFilter => "content_filter"u8,
        _ => "stop"u8,
    };

    private void WriteText(ReadOnlySpan<byte> field, string? text, IBufferWriter<byte> output)
    {
        output.Write(head);
        output.Write("{\"index\":0,\"delta\":{"u8);
        var json = Json(output);
        json.WriteString(field, text);
        json.Flush();
        output.Write("},\"finish_reason\":null}]}\n\n"u8);
    }

    private void WriteDelta(ChatFinish finish, ReadOnlySpan<ToolPiece> calls, IBufferWriter<byte> output)
    {
        output.Write(head);
        var json = Json(output);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        if (!calls.IsEmpty)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (var call in calls)
            {
                json.WriteStartObject();
                json.WriteNumber("index"u8, call.Index);
                if (call.Id is not null)
                {
                    json.WriteString("id"u8, call.Id);
                    json.WriteString("type"u8, "function"u8);
                }

                json.WriteStartObject("function"u8);
                if (call.Name is not null)
                {
                    json.WriteString("name"u8, call.Name);
                }

                json.WriteString("arguments"u8, call.Arguments);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        if (finish == ChatFinish.Unknown && !calls.IsEmpty)
        {
            json.WriteNull("finish_reason"u8);
        }
        else
        {
            json.WriteString("finish_reason"u8, FinishName(finish));
        }

        json.WriteEndObject();
        json.Flush();
        output.Write("]}\n\n"u8);
    }

    /// <summary>The id and the model, which may stand behind the first choice. Azure's first chunk, with verdicts on the prompt, has neither.</summary>
    private void ReadHead(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        var (id, model) = JsonTokens.Texts(payload, "id"u8, "model"u8);
        if (!string.IsNullOrEmpty(id) || !string.IsNullOrEmpty(model))
        {
            Start(id, model, null, events);
        }
    }

    private void ReadChoice(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ref string? failure, ICollection<StreamEvent> events)
    {
        // Azure has the index last.
        var isFirstChoice = JsonTokens.IndexAhead(json) == 0;
        string? finish = null;
        string? error = null;
        while (JsonTokens.NextProperty(ref json))
        {
            if (isFirstChoice && json.ValueTextEquals("delta"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadDelta(ref json, payload, events);
                }
            }
            else if (isFirstChoice && json.ValueTextEquals("finish_reason"u8))
            {
                finish = JsonTokens.Text(ref json);
            }
            else if (isFirstChoice && json.ValueTextEquals("error"u8))
            {
                error = JsonTokens.Error(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        // After the delta, whatever the order in the chunk: Azure has the reason last, others first.
        switch (finish)
        {
            case null or "":
                break;
            case "error":
                // Told when the whole chunk is read: its usage comes before, and its own error says more.
                failure = error ?? UnnamedError;
                break;
            default:
                Stop(FinishReasons.OpenAI(finish, isRefused), events);
                break;
        }
    }

    private void ReadDelta(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        var reasoned = false;
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("content"u8))
            {
                ReadContent(ref json, events);
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
            else if (json.ValueTextEquals("reasoning_content"u8) || json.ValueTextEquals("reasoning"u8))
            {
                // Some servers send the same text under both names.
                var text = JsonTokens.Text(ref json);
                if (!reasoned && !string.IsNullOrEmpty(text))
                {
                    reasoned = true;
                    Reasoning(text, events);
                }
            }
            else if (json.ValueTextEquals("refusal"u8))
            {
                var refusal = JsonTokens.Text(ref json);
                isRefused |= !string.IsNullOrEmpty(refusal);
                Content(refusal, events);
            }
            else if (json.ValueTextEquals("function_call"u8))
            {
                // What tool calls were before 2023-11; some servers still have it.
                if (JsonTokens.EnterObject(ref json))
                {
                    var (name, arguments) = JsonTokens.Function(ref json, payload);
                    AddToCall(0, null, name, arguments, events);
                }
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    /// <summary>Text, or Mistral's list of parts, of which some are reasoning.</summary>
    private void ReadContent(ref Utf8JsonReader json, ICollection<StreamEvent> events)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            Content(JsonStrings.Get(ref json), events);
            return;
        }

        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return;
        }

        while (JsonTokens.NextObject(ref json))
        {
            ReadPart(ref json, isThought: false, events);
        }
    }

    private void ReadPart(ref Utf8JsonReader json, bool isThought, ICollection<StreamEvent> events)
    {
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("text"u8))
            {
                var text = JsonTokens.Text(ref json);
                if (isThought)
                {
                    Reasoning(text, events);
                }
                else
                {
                    Content(text, events);
                }
            }
            else if (json.ValueTextEquals("thinking"u8) && !isThought)
            {
                if (JsonTokens.EnterArray(ref json))
                {
                    while (JsonTokens.NextObject(ref json))
                    {
                        ReadPart(ref json, isThought: true, events);
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
        int? index = null;
        string? id = null;
        string? name = null;
        string? arguments = null;
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("index"u8))
            {
                index = JsonTokens.Number(ref json);
            }
            else if (json.ValueTextEquals("id"u8))
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

        AddToCall(index, id is "" or "null" ? null : id, name is "" ? null : name, arguments, events);
    }

    private void AddToCall(int? index, string? id, string? name, string? arguments, ICollection<StreamEvent> events)
    {
        Start(null, null, null, events);
        var call = FindCall(index, id, name);
        if (call is null)
        {
            call = Calls.Begin(index ?? -1, id, name, events);
        }
        else
        {
            call.Identified(id);
            call.Named(name, events);
        }

        call.Add(arguments, events);
    }

    /// <summary>
    /// The call that a piece belongs to; null if it begins another. An index decides, but for servers that give all calls the same: there another id
    /// with a name begins one (an id alone may be new in every piece). Without an index the id decides, without both a name where the last call is whole
    /// or another's.
    /// </summary>
    private OpenCall? FindCall(int? index, string? id, string? name)
    {
        if (index is { } key)
        {
            var call = Calls.Find(key);
            return call is not null && id is not null && name is not null && call.Id is not null && call.Id != id ? Calls.Find(id) : call;
        }

        if (id is not null && Calls.Find(id) is { } known)
        {
            return known;
        }

        var last = Calls.Last;
        if (last is null || name is null)
        {
            return last;
        }

        return id is null && last.Name == name && !last.IsWhole ? last : null;
    }

    private readonly record struct ToolPiece(int Index, string? Id, string? Name, string Arguments);
}
