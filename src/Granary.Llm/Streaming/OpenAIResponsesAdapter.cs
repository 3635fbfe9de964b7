using System.Buffers;
using System.Text;
using System.Text.Json;
using Granary.Llm.Rendering.Dialects;

namespace Granary.Llm.Streaming;

/// <summary>
/// The events of OpenAI's responses. Items other than messages, reasoning and function calls (searches, code that OpenAI runs) are passed over. When
/// written, the answer's text is kept until the end: the dialect repeats it there.
/// </summary>
internal sealed class OpenAIResponsesAdapter(TimeProvider time) : StreamAdapter(new SseReader(), time)
{
    private readonly List<Item> items = [];
    private Item? openText;
    private long created;
    private int sequence;
    private bool isRefused;

    private enum ItemKind
    {
        Message,
        Reasoning,
        Function,
    }

    /// <inheritdoc />
    public override ChatDialect Dialect => ChatDialect.OpenAIResponses;

    /// <inheritdoc />
    protected override string IdPrefix => "resp_";

    /// <inheritdoc />
    protected override void ReadPayload(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        if (payload.SequenceEqual("[DONE]"u8))
        {
            // Not OpenAI's, but some compatible servers end so.
            Done(events);
            return;
        }

        var json = new Utf8JsonReader(payload);
        var next = new Incoming();
        JsonTokens.EnterRoot(ref json);
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("type"u8))
            {
                next.Type = ReadType(ref json);
            }
            else if (json.ValueTextEquals("delta"u8))
            {
                next.Delta = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("output_index"u8))
            {
                next.Index = JsonTokens.Number(ref json);
            }
            else if (json.ValueTextEquals("summary_index"u8))
            {
                next.SummaryIndex = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("arguments"u8))
            {
                next.Arguments = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("item"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadItem(ref json, ref next);
                }
            }
            else if (json.ValueTextEquals("response"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadResponse(ref json, ref next);
                }
            }
            else if (json.ValueTextEquals("error"u8))
            {
                next.Error = JsonTokens.Error(ref json);
            }
            else if (json.ValueTextEquals("message"u8))
            {
                next.Message = JsonTokens.Text(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        JsonTokens.LeaveRoot(ref json);
        Take(next, events);
    }

    /// <inheritdoc />
    protected override void WriteStart(IBufferWriter<byte> output)
    {
        created = Time.GetUtcNow().ToUnixTimeSeconds();
        WriteResponse("response.created"u8, "in_progress"u8, null, output);
        WriteResponse("response.in_progress"u8, "in_progress"u8, null, output);
    }

    /// <inheritdoc />
    protected override void WritePiece(in StreamEvent next, IBufferWriter<byte> output)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Content:
                AddText(ItemKind.Message, next.Text ?? "", output);
                break;
            case StreamEventKind.Reasoning:
                AddText(ItemKind.Reasoning, next.Text ?? "", output);
                break;
            case StreamEventKind.ToolCallStart:
                CloseText(output);
                Open(new Item(ItemKind.Function, items.Count, StreamIds.New("fc_")) { Call = next.Index, CallId = next.Id ?? "", Name = next.Name ?? "" }, output);
                break;
            case StreamEventKind.ToolCallDelta:
                if (FindCall(next.Index) is { } call)
                {
                    call.Text.Append(next.Text);
                    WriteDelta("response.function_call_arguments.delta"u8, call, next.Text ?? "", output);
                }

                break;
            case StreamEventKind.ToolCallComplete:
                if (FindCall(next.Index) is { } whole)
                {
                    Close(whole, output);
                }

                break;
        }
    }

    /// <inheritdoc />
    protected override void WriteStop(IBufferWriter<byte> output)
    {
        // The response ends with its usage.
    }

    /// <inheritdoc />
    public override void WriteEnd(bool last, IBufferWriter<byte> output)
    {
        foreach (var item in items)
        {
            Close(item, output);
        }

        if (!last)
        {
            return;
        }

        if (WrittenFinish is ChatFinish.Length or ChatFinish.ContentFilter)
        {
            WriteResponse("response.incomplete"u8, "incomplete"u8, null, output);
        }
        else
        {
            WriteResponse("response.completed"u8, "completed"u8, null, output);
        }
    }

    /// <inheritdoc />
    protected override void WriteError(string message, IBufferWriter<byte> output) => WriteResponse("response.failed"u8, "failed"u8, message, output);

    private static EventType ReadType(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
        {
            json.Skip();
            return EventType.Other;
        }

        return json.ValueTextEquals("response.output_text.delta"u8) ? EventType.Text
            : json.ValueTextEquals("response.refusal.delta"u8) ? EventType.Refusal
            : json.ValueTextEquals("response.function_call_arguments.delta"u8) ? EventType.Arguments
            : json.ValueTextEquals("response.reasoning_summary_text.delta"u8) || json.ValueTextEquals("response.reasoning_text.delta"u8) ? EventType.Reasoning
            : json.ValueTextEquals("response.reasoning_summary_part.added"u8) ? EventType.SummaryPart
            : json.ValueTextEquals("response.function_call_arguments.done"u8) ? EventType.ArgumentsDone
            : json.ValueTextEquals("response.output_item.added"u8) ? EventType.ItemAdded
            : json.ValueTextEquals("response.output_item.done"u8) ? EventType.ItemDone
            : json.ValueTextEquals("response.created"u8) || json.ValueTextEquals("response.in_progress"u8) || json.ValueTextEquals("response.queued"u8)
                ? EventType.Created
            : json.ValueTextEquals("response.completed"u8) || json.ValueTextEquals("response.done"u8) ? EventType.Completed
            : json.ValueTextEquals("response.incomplete"u8) ? EventType.Incomplete
            : json.ValueTextEquals("response.failed"u8) || json.ValueTextEquals("response.cancelled"u8) || json.ValueTextEquals("error"u8) ? EventType.Failed
            : EventType.Other;
    }

    private static void ReadItem(ref Utf8JsonReader json, ref Incoming next)
    {
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("type"u8))
            {
                next.IsFunction = JsonTokens.Text(ref json) == "function_call";
            }
            else if (json.ValueTextEquals("status"u8))
            {
                next.IsCut = JsonTokens.Text(ref json) == "incomplete";
            }
            else if (json.ValueTextEquals("call_id"u8))
            {
                next.Id = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("name"u8))
            {
                next.Name = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("arguments"u8))
            {
                next.Arguments = JsonTokens.Text(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    private static void ReadResponse(ref Utf8JsonReader json, ref Incoming next)
    {
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("id"u8))
            {
                next.Id = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("model"u8))
            {
                next.Name = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("usage"u8))
            {
                next.Usage = UsageReader.OpenAIResponses(ref json);
            }
            else if (json.ValueTextEquals("error"u8))
            {
                next.Error = JsonTokens.Error(ref json);
            }
            else if (json.ValueTextEquals("incomplete_details"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    while (JsonTokens.NextProperty(ref json))
                    {
                        if (json.ValueTextEquals("reason"u8))
                        {
                            next.IncompleteReason = JsonTokens.Text(ref json);
                        }
                        else
                        {
                            JsonTokens.SkipValue(ref json);
                        }
                    }
                }
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    private void Take(in Incoming next, ICollection<StreamEvent> events)
    {
        var call = next.Index is { } index ? Calls.Find(index) : Calls.Last;
        switch (next.Type)
        {
            case EventType.Created:
                Start(next.Id, next.Name, null, events);
                break;
            case EventType.Text:
                Content(next.Delta, events);
                break;
            case EventType.Refusal:
                isRefused |= !string.IsNullOrEmpty(next.Delta);
                Content(next.Delta, events);
                break;
            case EventType.Reasoning:
                Reasoning(next.Delta, events);
                break;
            case EventType.SummaryPart when next.SummaryIndex > 0:
                Reasoning("\n\n", events);
                break;
            case EventType.ItemAdded when next.IsFunction:
                Start(null, null, null, events);
                Calls.Begin(next.Index ?? -1, next.Id, next.Name, events).InOnePiece = string.IsNullOrEmpty(next.Arguments) ? null : next.Arguments;
                break;
            case EventType.Arguments:
                call?.Add(next.Delta, events);
                break;
            case EventType.ArgumentsDone:
                call?.Close(next.Arguments, isCut: false, events);
                break;
            case EventType.ItemDone when next.IsFunction:
                Start(null, null, null, events);
                (call ?? Calls.Begin(next.Index ?? -1, next.Id, next.Name, events)).Close(next.Arguments, next.IsCut, events);
                break;
            case EventType.Completed:
                End(isRefused ? ChatFinish.ContentFilter : ChatFinish.Stop, next, events);
                break;
            case EventType.Incomplete:
                End(FinishReasons.Incomplete(next.IncompleteReason, isRefused), next, events);
                break;
            case EventType.Failed:
                Usage(next.Usage, events);
                Fail(next.Error ?? next.Message ?? UnnamedError, events);
                break;
        }
    }

    private void End(ChatFinish finish, in Incoming next, ICollection<StreamEvent> events)
    {
        Start(next.Id, next.Name, null, events);
        Usage(next.Usage, events);
        Stop(finish, events);
        Done(events);
    }

    private Item? FindCall(int index) => items.Find(i => i.Kind == ItemKind.Function && i.Call == index);

    private void AddText(ItemKind kind, string text, IBufferWriter<byte> output)
    {
        if (openText?.Kind != kind)
        {
            CloseText(output);
            openText = new Item(kind, items.Count, StreamIds.New(kind == ItemKind.Message ? "msg_" : "rs_"));
            Open(openText, output);
        }

        openText.Text.Append(text);
        WriteDelta(kind == ItemKind.Message ? "response.output_text.delta"u8 : "response.reasoning_summary_text.delta"u8, openText, text, output);
    }

    private void CloseText(IBufferWriter<byte> output)
    {
        if (openText is not null)
        {
            Close(openText, output);
            openText = null;
        }
    }

    private void Open(Item item, IBufferWriter<byte> output)
    {
        items.Add(item);
        var json = Begin("response.output_item.added"u8, output);
        json.WriteNumber("output_index"u8, item.Index);
        json.WritePropertyName("item"u8);
        WriteItem(item, isNew: true, json);
        Finish(json, output);
        if (item.Kind != ItemKind.Function)
        {
            WritePart(item.Kind == ItemKind.Message ? "response.content_part.added"u8 : "response.reasoning_summary_part.added"u8, item, "", output);
        }
    }

    private void Close(Item item, IBufferWriter<byte> output)
    {
        if (item.IsClosed)
        {
            return;
        }

        item.IsClosed = true;
        var text = item.Text.ToString();
        if (item.Kind == ItemKind.Function)
        {
            var done = BeginOf("response.function_call_arguments.done"u8, item, output);
            done.WriteString("name"u8, item.Name);
            done.WriteString("arguments"u8, text);
            Finish(done, output);
        }
        else
        {
            var done = BeginInPart(item.Kind == ItemKind.Message ? "response.output_text.done"u8 : "response.reasoning_summary_text.done"u8, item, output);
            done.WriteString("text"u8, text);
            FinishInPart(done, item, output);
            WritePart(item.Kind == ItemKind.Message ? "response.content_part.done"u8 : "response.reasoning_summary_part.done"u8, item, text, output);
        }

        var json = Begin("response.output_item.done"u8, output);
        json.WriteNumber("output_index"u8, item.Index);
        json.WritePropertyName("item"u8);
        WriteItem(item, isNew: false, json);
        Finish(json, output);
    }

    private void WriteDelta(ReadOnlySpan<byte> type, Item item, string delta, IBufferWriter<byte> output)
    {
        var json = item.Kind == ItemKind.Function ? BeginOf(type, item, output) : BeginInPart(type, item, output);
        json.WriteString("delta"u8, delta);
        FinishInPart(json, item, output);
    }

    private void WritePart(ReadOnlySpan<byte> type, Item item, string text, IBufferWriter<byte> output)
    {
        var json = BeginInPart(type, item, output);
        json.WritePropertyName("part"u8);
        WritePartOf(item, text, json);
        Finish(json, output);
    }

    private static void WritePartOf(Item item, string text, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, item.Kind == ItemKind.Message ? "output_text"u8 : "summary_text"u8);
        json.WriteString("text"u8, text);
        if (item.Kind == ItemKind.Message)
        {
            WriteEmptyArray("annotations"u8, json);
            WriteEmptyArray("logprobs"u8, json);
        }

        json.WriteEndObject();
    }

    private static void WriteEmptyArray(ReadOnlySpan<byte> name, Utf8JsonWriter json)
    {
        json.WriteStartArray(name);
        json.WriteEndArray();
    }

    private static void WriteItem(Item item, bool isNew, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, item.Id);
        json.WriteString("type"u8, item.Kind switch { ItemKind.Message => "message"u8, ItemKind.Reasoning => "reasoning"u8, _ => "function_call"u8 });
        if (item.Kind != ItemKind.Reasoning)
        {
            json.WriteString("status"u8, isNew ? "in_progress"u8 : item.IsClosed ? "completed"u8 : "incomplete"u8);
        }

        switch (item.Kind)
        {
            case ItemKind.Message:
                json.WriteString("role"u8, "assistant"u8);
                json.WriteStartArray("content"u8);
                break;
            case ItemKind.Reasoning:
                json.WriteStartArray("summary"u8);
                break;
            case ItemKind.Function:
                json.WriteString("call_id"u8, item.CallId);
                json.WriteString("name"u8, item.Name);
                json.WriteString("arguments"u8, isNew ? "" : item.Text.ToString());
                json.WriteEndObject();
                return;
        }

        if (!isNew)
        {
            WritePartOf(item, item.Text.ToString(), json);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>An event with the response itself, as far as it is known: what only the request says stands in it with OpenAI's defaults.</summary>
    private void WriteResponse(ReadOnlySpan<byte> type, ReadOnlySpan<byte> status, string? error, IBufferWriter<byte> output)
    {
        var json = Begin(type, output);
        json.WriteStartObject("response"u8);
        json.WriteString("id"u8, WrittenId);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, created == 0 ? Time.GetUtcNow().ToUnixTimeSeconds() : created);
        json.WriteString("status"u8, status);
        if (error is null)
        {
            json.WriteNull("error"u8);
        }
        else
        {
            json.WriteStartObject("error"u8);
            json.WriteString("code"u8, "server_error"u8);
            json.WriteString("message"u8, error);
            json.WriteEndObject();
        }

        if (status.SequenceEqual("incomplete"u8))
        {
            json.WriteStartObject("incomplete_details"u8);
            json.WriteString("reason"u8, WrittenFinish == ChatFinish.Length ? "max_output_tokens"u8 : "content_filter"u8);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("incomplete_details"u8);
        }

        json.WriteNull("instructions"u8);
        json.WriteNull("max_output_tokens"u8);
        json.WriteString("model"u8, WrittenModel);
        json.WriteStartArray("output"u8);
        foreach (var item in items)
        {
            WriteItem(item, isNew: false, json);
        }

        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls"u8, true);
        json.WriteNull("previous_response_id"u8);
        json.WriteStartObject("reasoning"u8);
        json.WriteNull("effort"u8);
        json.WriteNull("summary"u8);
        json.WriteEndObject();
        json.WriteBoolean("store"u8, false);
        json.WriteNull("temperature"u8);
        json.WriteStartObject("text"u8);
        json.WriteStartObject("format"u8);
        json.WriteString("type"u8, "text"u8);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("tool_choice"u8, "auto"u8);
        WriteEmptyArray("tools"u8, json);
        json.WriteNull("top_p"u8);
        json.WriteString("truncation"u8, "disabled"u8);
        if (WrittenUsage is { } usage && !status.SequenceEqual("in_progress"u8))
        {
            json.WriteStartObject("usage"u8);
            json.WriteNumber("input_tokens"u8, usage.InputTokens);
            json.WriteStartObject("input_tokens_details"u8);
            json.WriteNumber("cached_tokens"u8, usage.CachedInputTokens);
            json.WriteEndObject();
            json.WriteNumber("output_tokens"u8, usage.OutputTokens);
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("reasoning_tokens"u8, usage.ReasoningTokens);
            json.WriteEndObject();
            json.WriteNumber("total_tokens"u8, usage.TotalTokens);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("usage"u8);
        }

        json.WriteNull("user"u8);
        json.WriteStartObject("metadata"u8);
        json.WriteEndObject();
        json.WriteEndObject();
        Finish(json, output);
    }

    private Utf8JsonWriter Begin(ReadOnlySpan<byte> type, IBufferWriter<byte> output)
    {
        output.Write("event: "u8);
        output.Write(type);
        output.Write("\ndata: "u8);
        var json = Json(output);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteNumber("sequence_number"u8, sequence++);
        return json;
    }

    private Utf8JsonWriter BeginOf(ReadOnlySpan<byte> type, Item item, IBufferWriter<byte> output)
    {
        var json = Begin(type, output);
        json.WriteString("item_id"u8, item.Id);
        json.WriteNumber("output_index"u8, item.Index);
        return json;
    }

    private Utf8JsonWriter BeginInPart(ReadOnlySpan<byte> type, Item item, IBufferWriter<byte> output)
    {
        var json = BeginOf(type, item, output);
        json.WriteNumber(item.Kind == ItemKind.Message ? "content_index"u8 : "summary_index"u8, 0);
        return json;
    }

    private static void FinishInPart(Utf8JsonWriter json, Item item, IBufferWriter<byte> output)
    {
        if (item.Kind == ItemKind.Message)
        {
            WriteEmptyArray("logprobs"u8, json);
        }

        Finish(json, output);
    }

    private static void Finish(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteEndObject();
        json.Flush();
        output.Write("\n\n"u8);
    }

    private enum EventType
    {
        Other,
        Created,
        Text,
        Refusal,
        Reasoning,
        SummaryPart,
        ItemAdded,
        Arguments,
        ArgumentsDone,
        ItemDone,
        Completed,
        Incomplete,
        Failed,
    }

    private ref struct Incoming
    {
        public EventType Type;
        public string? Delta;
        public int? Index;
        public int SummaryIndex;
        public string? Arguments;
        public bool IsFunction;
        public bool IsCut;
        public string? Id;
        public string? Name;
        public ChatUsage? Usage;
        public string? Error;
        public string? Message;
        public string? IncompleteReason;
    }

    private sealed class Item(ItemKind kind, int index, string id)
    {
        public ItemKind Kind => kind;

        /// <summary>Among the items of the output.</summary>
        public int Index => index;

        public string Id => id;

        /// <summary>Which tool call, of the events.</summary>
        public int Call { get; init; } = -1;

        public string CallId { get; init; } = "";

        public string Name { get; init; } = "";

        /// <summary>Text, summary or arguments so far.</summary>
        public StringBuilder Text { get; } = new();

        public bool IsClosed { get; set; }
    }
}
