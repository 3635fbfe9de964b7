using System.Buffers;
using System.Text;
using System.Text.Json;
using Granary.Llm.Rendering.Dialects;

namespace Granary.Llm.Streaming;

/// <summary>
/// Anthropic's events of a message. Blocks of tools that the provider runs itself, and their results, are no tool calls of the answer and are passed
/// over. When written, blocks come one after another as Anthropic's do: of tool calls whose pieces are mixed, the later
/// ones wait until the earlier are whole.
/// </summary>
internal sealed class ClaudeAdapter(TimeProvider time) : StreamAdapter(new SseReader(), time)
{
    private readonly Queue<Block> waiting = new();
    private readonly StringBuilder thinking = new();
    private string? signature;
    private Block? open;
    private int blocksWritten;

    private enum BlockKind
    {
        Text,
        Thinking,
        Tool,
    }

    /// <inheritdoc />
    public override ChatDialect Dialect => ChatDialect.Anthropic;

    /// <inheritdoc />
    protected override string IdPrefix => "msg_";

    /// <inheritdoc />
    protected override void ReadPayload(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        var json = new Utf8JsonReader(payload);
        var next = new Incoming();
        JsonTokens.EnterRoot(ref json);
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("type"u8))
            {
                next.Type = ReadType(ref json);
            }
            else if (json.ValueTextEquals("index"u8))
            {
                next.Index = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("delta"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadDelta(ref json, ref next);
                }
            }
            else if (json.ValueTextEquals("content_block"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadBlock(ref json, payload, ref next);
                }
            }
            else if (json.ValueTextEquals("message"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    ReadMessage(ref json, ref next);
                }
            }
            else if (json.ValueTextEquals("usage"u8))
            {
                next.Usage = UsageReader.Anthropic(ref json);
            }
            else if (json.ValueTextEquals("error"u8))
            {
                next.Error = JsonTokens.Error(ref json);
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
        var json = Begin("message_start"u8, output);
        json.WriteStartObject("message"u8);
        json.WriteString("id"u8, WrittenId);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, WrittenModel);
        json.WriteStartArray("content"u8);
        json.WriteEndArray();
        json.WriteNull("stop_reason"u8);
        json.WriteNull("stop_sequence"u8);
        WriteUsageOf(WrittenUsage ?? new ChatUsage(0, 0), json);
        json.WriteEndObject();
        Finish(json, output);
    }

    /// <inheritdoc />
    protected override void WritePiece(in StreamEvent next, IBufferWriter<byte> output)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Content:
                AddText(BlockKind.Text, next.Text ?? "", output);
                break;
            case StreamEventKind.Reasoning:
                AddText(BlockKind.Thinking, next.Text ?? "", output);
                break;
            case StreamEventKind.Signature when open is { Kind: BlockKind.Thinking } && waiting.Count == 0 && next.Id is { } proof:
                open.IsSigned = true;
                WriteSignature(open, proof, output);
                break;
            case StreamEventKind.ToolCallStart:
                Enqueue(new Block(BlockKind.Tool, next.Index, next.Id, next.Name), output);
                break;
            case StreamEventKind.ToolCallDelta:
                if (FindTool(next.Index) is { } tool)
                {
                    Add(tool, next.Text ?? "", output);
                }

                break;
            case StreamEventKind.ToolCallComplete:
                if (FindTool(next.Index) is { } whole)
                {
                    whole.IsComplete = true;
                    Advance(output);
                }

                break;
        }
    }

    /// <inheritdoc />
    protected override void WriteStop(IBufferWriter<byte> output) => CloseAll(output);

    /// <inheritdoc />
    public override void WriteEnd(bool last, IBufferWriter<byte> output)
    {
        CloseAll(output);
        var json = Begin("message_delta"u8, output);
        json.WriteStartObject("delta"u8);
        json.WriteString("stop_reason"u8, WrittenFinish switch
        {
            ChatFinish.ToolCalls => "tool_use"u8,
            ChatFinish.Length => "max_tokens"u8,
            ChatFinish.ContentFilter => "refusal"u8,
            _ => "end_turn"u8,
        });
        json.WriteNull("stop_sequence"u8);
        json.WriteEndObject();
        WriteUsageOf(WrittenUsage ?? new ChatUsage(0, 0), json);
        Finish(json, output);
        if (last)
        {
            WriteTerminator(output);
        }
    }

    /// <inheritdoc />
    public override void WriteTerminator(IBufferWriter<byte> output) => Finish(Begin("message_stop"u8, output), output);

    /// <inheritdoc />
    protected override void WriteError(string message, IBufferWriter<byte> output)
    {
        var json = Begin("error"u8, output);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, "api_error"u8);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
        Finish(json, output);
    }

    private static EventType ReadType(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
        {
            json.Skip();
            return EventType.Other;
        }

        return json.ValueTextEquals("content_block_delta"u8) ? EventType.BlockDelta
            : json.ValueTextEquals("content_block_start"u8) ? EventType.BlockStart
            : json.ValueTextEquals("content_block_stop"u8) ? EventType.BlockStop
            : json.ValueTextEquals("message_start"u8) ? EventType.MessageStart
            : json.ValueTextEquals("message_delta"u8) ? EventType.MessageDelta
            : json.ValueTextEquals("message_stop"u8) ? EventType.MessageStop
            : json.ValueTextEquals("error"u8) ? EventType.Error
            : EventType.Other;
    }

    private static void ReadDelta(ref Utf8JsonReader json, ref Incoming next)
    {
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("text"u8))
            {
                next.Text = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("partial_json"u8))
            {
                next.PartialJson = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("thinking"u8))
            {
                next.Thinking = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("signature"u8))
            {
                next.Signature = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("stop_reason"u8))
            {
                next.StopReason = JsonTokens.Text(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    private static void ReadBlock(ref Utf8JsonReader json, ReadOnlySpan<byte> payload, ref Incoming next)
    {
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("type"u8))
            {
                var type = JsonTokens.Text(ref json);
                next.IsTool = type == "tool_use";
                next.IsRedacted = type == "redacted_thinking";
            }
            else if (json.ValueTextEquals("id"u8))
            {
                next.Id = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("signature"u8))
            {
                next.Signature = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("data"u8))
            {
                next.Data = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("name"u8))
            {
                next.Name = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("input"u8))
            {
                next.Input = JsonTokens.TextOrJson(ref json, payload);
            }
            else if (json.ValueTextEquals("text"u8))
            {
                next.Text = JsonTokens.Text(ref json);
            }
            else if (json.ValueTextEquals("thinking"u8))
            {
                next.Thinking = JsonTokens.Text(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    private static void ReadMessage(ref Utf8JsonReader json, ref Incoming next)
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
                next.Usage = UsageReader.Anthropic(ref json);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }
    }

    private static void WriteUsageOf(ChatUsage usage, Utf8JsonWriter json)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, Math.Max(0, usage.InputTokens - usage.CachedInputTokens - usage.CacheWriteTokens));
        json.WriteNumber("cache_creation_input_tokens"u8, usage.CacheWriteTokens);
        json.WriteNumber("cache_read_input_tokens"u8, usage.CachedInputTokens);
        json.WriteNumber("output_tokens"u8, usage.OutputTokens);
        json.WriteEndObject();
    }

    private void Take(in Incoming next, ICollection<StreamEvent> events)
    {
        switch (next.Type)
        {
            case EventType.MessageStart:
                Start(next.Id, next.Name, next.Usage, events);
                break;
            case EventType.BlockStart:
                thinking.Clear().Append(next.Thinking);
                signature = next.Signature;
                if (next is { IsRedacted: true, Data: { Length: > 0 } data })
                {
                    Signature(ClaudeThoughts.Redacted(data), null, events);
                }

                Reasoning(next.Thinking, events);
                Content(next.Text, events);
                if (next.IsTool)
                {
                    Start(null, null, null, events);
                    Calls.Begin(next.Index, next.Id, next.Name, events).InOnePiece = next.Input is "{}" ? null : next.Input;
                }

                break;
            case EventType.BlockDelta:
                thinking.Append(next.Thinking);
                signature += next.Signature;
                Content(next.Text, events);
                Reasoning(next.Thinking, events);
                if (next.PartialJson is not null)
                {
                    Calls.Find(next.Index)?.Add(next.PartialJson, events);
                }

                break;
            case EventType.BlockStop:
                if (!string.IsNullOrEmpty(signature))
                {
                    Signature(ClaudeThoughts.Thinking(thinking.ToString(), signature), signature, events);
                    thinking.Clear();
                    signature = null;
                }

                Calls.Find(next.Index)?.Close(null, isCut: false, events);
                break;
            case EventType.MessageDelta:
                Usage(next.Usage, events);
                if (next.StopReason is { Length: > 0 } reason)
                {
                    Stop(FinishReasons.Anthropic(reason), events);
                }

                break;
            case EventType.MessageStop:
                Done(events);
                break;
            case EventType.Error:
                Fail(next.Error ?? UnnamedError, events);
                break;
        }
    }

    private Block? FindTool(int index) =>
        open is { Kind: BlockKind.Tool } && open.Index == index ? open : waiting.FirstOrDefault(b => b.Kind == BlockKind.Tool && b.Index == index);

    private void AddText(BlockKind kind, string text, IBufferWriter<byte> output)
    {
        var last = waiting.Count > 0 ? waiting.Last() : open;
        if (last?.Kind != kind || last.IsSigned)
        {
            last = new Block(kind, 0, null, null) { IsComplete = true };
            Enqueue(last, output);
        }

        Add(last, text, output);
    }

    private void Enqueue(Block block, IBufferWriter<byte> output)
    {
        waiting.Enqueue(block);
        Advance(output);
    }

    private void Add(Block block, string text, IBufferWriter<byte> output)
    {
        if (block.Kind == BlockKind.Tool)
        {
            block.Balance.Add(text);
        }

        if (block == open)
        {
            WriteDelta(block, text, output);
            Advance(output);
        }
        else
        {
            (block.Held ??= new StringBuilder()).Append(text);
        }
    }

    /// <summary>Closes a whole block if another waits, or if it is told whole and takes nothing more; opens the next.</summary>
    private void Advance(IBufferWriter<byte> output)
    {
        while (true)
        {
            if (open is not null)
            {
                var isOver = open.Kind == BlockKind.Tool ? open.IsComplete || (waiting.Count > 0 && open.Balance.IsWhole) : waiting.Count > 0;
                if (!isOver)
                {
                    return;
                }

                Close(output);
            }

            if (!waiting.TryDequeue(out open))
            {
                return;
            }

            Open(output);
        }
    }

    private void CloseAll(IBufferWriter<byte> output)
    {
        while (open is not null)
        {
            Close(output);
            if (waiting.TryDequeue(out open))
            {
                Open(output);
            }
        }
    }

    private void Open(IBufferWriter<byte> output)
    {
        var block = open!;
        block.Position = blocksWritten++;
        var json = Begin("content_block_start"u8, output);
        json.WriteNumber("index"u8, block.Position);
        json.WriteStartObject("content_block"u8);
        switch (block.Kind)
        {
            case BlockKind.Text:
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, ""u8);
                break;
            case BlockKind.Thinking:
                json.WriteString("type"u8, "thinking"u8);
                json.WriteString("thinking"u8, ""u8);
                json.WriteString("signature"u8, ""u8);
                break;
            case BlockKind.Tool:
                json.WriteString("type"u8, "tool_use"u8);
                json.WriteString("id"u8, block.Id);
                json.WriteString("name"u8, block.Name);
                json.WriteStartObject("input"u8);
                json.WriteEndObject();
                break;
        }

        json.WriteEndObject();
        Finish(json, output);
        if (block.Held is { } held)
        {
            WriteDelta(block, held.ToString(), output);
        }
    }

    private void WriteDelta(Block block, string text, IBufferWriter<byte> output)
    {
        var json = Begin("content_block_delta"u8, output);
        json.WriteNumber("index"u8, block.Position);
        json.WriteStartObject("delta"u8);
        switch (block.Kind)
        {
            case BlockKind.Text:
                json.WriteString("type"u8, "text_delta"u8);
                json.WriteString("text"u8, text);
                break;
            case BlockKind.Thinking:
                json.WriteString("type"u8, "thinking_delta"u8);
                json.WriteString("thinking"u8, text);
                break;
            case BlockKind.Tool:
                json.WriteString("type"u8, "input_json_delta"u8);
                json.WriteString("partial_json"u8, text);
                break;
        }

        json.WriteEndObject();
        Finish(json, output);
    }

    private void WriteSignature(Block block, string proof, IBufferWriter<byte> output)
    {
        var json = Begin("content_block_delta"u8, output);
        json.WriteNumber("index"u8, block.Position);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, "signature_delta"u8);
        json.WriteString("signature"u8, proof);
        json.WriteEndObject();
        Finish(json, output);
    }

    private void Close(IBufferWriter<byte> output)
    {
        var json = Begin("content_block_stop"u8, output);
        json.WriteNumber("index"u8, open!.Position);
        Finish(json, output);
        open = null;
    }

    private Utf8JsonWriter Begin(ReadOnlySpan<byte> type, IBufferWriter<byte> output)
    {
        output.Write("event: "u8);
        output.Write(type);
        output.Write("\ndata: "u8);
        var json = Json(output);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        return json;
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
        MessageStart,
        BlockStart,
        BlockDelta,
        BlockStop,
        MessageDelta,
        MessageStop,
        Error,
    }

    private ref struct Incoming
    {
        public EventType Type;
        public int Index;
        public string? Text;
        public string? Thinking;
        public string? Signature;
        public string? Data;
        public bool IsRedacted;
        public string? PartialJson;
        public string? StopReason;
        public bool IsTool;
        public string? Id;
        public string? Name;
        public string? Input;
        public ChatUsage? Usage;
        public string? Error;
    }

    private sealed class Block(BlockKind kind, int index, string? id, string? name)
    {
        public BlockKind Kind => kind;

        /// <summary>The tool call's.</summary>
        public int Index => index;

        public string? Id => id;

        public string? Name => name;

        /// <summary>Among the blocks of the message.</summary>
        public int Position { get; set; }

        /// <summary>Whether thinking was signed, after which it takes nothing more.</summary>
        public bool IsSigned { get; set; }

        /// <summary>Whether a tool call was told to be whole.</summary>
        public bool IsComplete { get; set; }

        /// <summary>What came before the block's turn.</summary>
        public StringBuilder? Held { get; set; }

        public JsonBalance Balance;
    }
}
