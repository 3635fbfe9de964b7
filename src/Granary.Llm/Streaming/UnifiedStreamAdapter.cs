using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Llm.Streaming;

/// <summary>
/// One answer's stream in a provider's dialect, made one of another dialect for a loop that runs tools: text goes on as it comes, tool calls when they
/// are whole, and a stream that will go on after tools is not ended. To pass everything on as it comes, use adapters directly (<see cref="ProtocolAdapter"/>).
/// For one stream; not safe for several threads.
/// </summary>
public sealed class UnifiedStreamAdapter
{
    private const int BufferSize = 8 * 1024;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StreamAdapter reader;
    private readonly StreamAdapter writer;
    private readonly AnswerCollector answer = new();
    private readonly List<StreamEvent> events = [];
    private readonly List<StreamEvent> calls = [];
    private bool used;
    private bool waitsForTools = true;
    private bool callsTold;
    private bool stopTold;
    private bool endTold;
    private bool isOver;

    /// <summary>An adapter for one stream.</summary>
    /// <param name="source">The dialect that is read.</param>
    /// <param name="target">The dialect that is written.</param>
    /// <param name="time">The clock for times in what is written; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dialect.</exception>
    public UnifiedStreamAdapter(ChatDialect source, ChatDialect target = ChatDialect.OpenAIChat, TimeProvider? time = null)
    {
        reader = ProtocolAdapterFactory.CreateStream(source, time ?? TimeProvider.System);
        writer = ProtocolAdapterFactory.CreateStream(target, time ?? TimeProvider.System);
    }

    /// <summary>The answer as far as it was read: also after a failure, and between the pieces of <see cref="ProcessStreamAsync"/>.</summary>
    public ChatResponse Answer => answer.ToResponse();

    /// <summary>
    /// Reads a stream and gives the bytes for a client. Text and reasoning are passed on at once. Tool calls become one chunk with all of them and finish
    /// reason <c>tool_calls</c>; after it comes the usage and no end of stream, since an answer to the tools' results follows. Any other finish reason is
    /// passed on and ends the stream, in OpenAI's dialect with <c>[DONE]</c>; the source is then read to its end for its usage. A source that fails or
    /// breaks off gives an error and the end; <see cref="Answer"/> keeps what there was.
    /// </summary>
    /// <param name="source">The provider's body; stays open.</param>
    /// <param name="options">What to pass on; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Whole events; each piece is valid until the next is asked for.</returns>
    /// <exception cref="InvalidOperationException">The adapter was used before.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ProcessStreamAsync(
        Stream source, StreamRelayOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new StreamRelayOptions();
        var output = new ArrayBufferWriter<byte>();
        Use();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (!isOver)
            {
                await ReadAsync(source, buffer, cancellationToken);
                foreach (var next in events)
                {
                    Relay(next, options, output);
                }

                if (output.WrittenCount > 0)
                {
                    yield return output.WrittenMemory;
                    output.ResetWrittenCount();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a stream to its end. One that fails or breaks off gives what came until then, with <see cref="ChatResponse.Error"/>.</summary>
    /// <param name="source">The provider's body; stays open.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">The adapter was used before.</exception>
    public async Task<ChatResponse> CollectAsync(Stream source, CancellationToken cancellationToken = default)
    {
        Use();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (!isOver)
            {
                await ReadAsync(source, buffer, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Answer;
    }

    private void Use()
    {
        if (used)
        {
            throw new InvalidOperationException("An adapter is for one stream; make another.");
        }

        used = true;
    }

    /// <summary>Reads what there is into <see cref="events"/> and <see cref="answer"/>.</summary>
    private async ValueTask ReadAsync(Stream source, byte[] buffer, CancellationToken cancellationToken)
    {
        events.Clear();
        try
        {
            var count = await source.ReadAsync(buffer, cancellationToken);
            if (count > 0)
            {
                reader.Read(buffer.AsSpan(0, count), events);
            }
            else
            {
                reader.End(events);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            reader.End($"The provider's stream broke off: {e.Message}", events);
        }

        foreach (var next in events)
        {
            answer.Add(next);
            isOver |= next.Kind is StreamEventKind.Done or StreamEventKind.Error;
        }
    }

    private void Relay(in StreamEvent next, StreamRelayOptions options, IBufferWriter<byte> output)
    {
        // The end is told once; and a client takes nothing but usage for an answer that has stopped.
        if (endTold || (stopTold && next.Kind is not (StreamEventKind.Usage or StreamEventKind.Done or StreamEventKind.Error)))
        {
            return;
        }

        switch (next.Kind)
        {
            case StreamEventKind.ToolCallStart or StreamEventKind.ToolCallDelta when !options.RelayToolUseEvents:
                break;
            case StreamEventKind.ToolCallComplete:
                calls.Add(next);
                if (options.RelayToolUseEvents)
                {
                    writer.Write(next, output);
                }

                break;
            case StreamEventKind.Stop when reader.IsStopAssumed && next.Finish != ChatFinish.Length:
                break;
            case StreamEventKind.Stop:
                TellStop(next, options, output);
                break;
            case StreamEventKind.Done:
                TellEnd(options, output);
                break;
            default:
                writer.Write(next, output);
                if (options.RelayUsageEvents && next.Usage is not null)
                {
                    writer.WriteUsage(output);
                }

                break;
        }
    }

    private void TellStop(in StreamEvent stop, StreamRelayOptions options, IBufferWriter<byte> output)
    {
        stopTold = true;
        waitsForTools = stop.Finish == ChatFinish.ToolCalls;
        TellCalls(stop.Finish, options, output);
        if (!callsTold || options.RelayToolUseEvents || writer is not OpenAIAdapter)
        {
            writer.Write(stop, output);
        }

        if (!waitsForTools && !options.RelayUsageEvents && writer is OpenAIAdapter)
        {
            endTold = true;
            writer.WriteTerminator(output);
        }
    }

    private void TellCalls(ChatFinish finish, StreamRelayOptions options, IBufferWriter<byte> output)
    {
        if (calls.Count == 0 || callsTold)
        {
            return;
        }

        callsTold = true;
        if (options.EmitFunctionAnnouncements && writer.Dialect != ChatDialect.Ollama)
        {
            foreach (var call in calls)
            {
                Announce(call, output);
            }
        }

        if (options.RelayToolUseEvents)
        {
            return;
        }

        if (writer is OpenAIAdapter openAI)
        {
            openAI.WriteWhole(calls, finish, output);
            return;
        }

        foreach (var call in calls)
        {
            writer.Write(call with { Kind = StreamEventKind.ToolCallStart, Text = null }, output);
            writer.Write(call with { Kind = StreamEventKind.ToolCallDelta }, output);
            writer.Write(call, output);
        }
    }

    private void TellEnd(StreamRelayOptions options, IBufferWriter<byte> output)
    {
        // A source may end without a word why.
        TellCalls(ChatFinish.ToolCalls, options, output);
        if (waitsForTools)
        {
            writer.WriteEnd(last: false, output);
        }
        else if (writer is not OpenAIAdapter)
        {
            writer.WriteEnd(last: true, output);
        }
        else if (options.RelayUsageEvents)
        {
            writer.WriteTerminator(output);
        }
    }

    private static void Announce(in StreamEvent call, IBufferWriter<byte> output)
    {
        output.Write("event: function_call\ndata: "u8);
        using var json = new Utf8JsonWriter(output, Relaxed);
        json.WriteStartObject();
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, call.Text);
        json.WriteEndObject();
        json.Flush();
        output.Write("\n\n"u8);
    }
}
