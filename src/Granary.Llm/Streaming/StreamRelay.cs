using System.Buffers;

namespace Granary.Llm.Streaming;

/// <summary>
/// Passes one answer's stream on to a client as it comes, tool calls and usage included, and puts the answer together on the way. Between equal dialects
/// (and from OpenAI to clients of Mistral, who take all of it, but not back) whole events are copied, with all that only the provider knows (signatures of thinking, probabilities, further choices); else they are written anew.
/// The end of the answer is written by itself, so that it can be stored before the client is told that it is whole:
/// <code>
/// var relay = new StreamRelay(provider.Dialect, ChatDialect.Anthropic);
/// while (!relay.IsOver)
/// {
///     var count = await body.ReadAsync(buffer, cancellationToken);
///     if (count > 0) relay.Read(buffer.AsSpan(0, count), response.BodyWriter);
///     else relay.End(response.BodyWriter);
///     await response.BodyWriter.FlushAsync(cancellationToken);
/// }
/// await StoreAsync(relay.Answer.ToResponse());
/// relay.WriteEnd(response.BodyWriter);
/// </code>
/// An exception of the read is told by <see cref="Break"/>. Only the answer's end, and an event that is not whole yet, are held back.
/// </summary>
/// <param name="source">The dialect that is read.</param>
/// <param name="target">The dialect that is written.</param>
/// <param name="showUsage">Whether an OpenAI client asked for usage; the other dialects always have it.</param>
/// <param name="time">The clock for times in what is written; null for the system's.</param>
internal sealed class StreamRelay(ChatDialect source, ChatDialect target, bool showUsage = true, TimeProvider? time = null)
{
    private readonly StreamAdapter reader = ProtocolAdapterFactory.CreateStream(source, time ?? TimeProvider.System);
    private readonly StreamAdapter writer = ProtocolAdapterFactory.CreateStream(target, time ?? TimeProvider.System);
    private readonly List<StreamEvent> events = [];
    private readonly bool copies = source == target || (source == ChatDialect.OpenAIChat && target == ChatDialect.Mistral);
    private readonly bool hidesUsage = !showUsage && IsOpenAI(target);
    private StreamEvent end;

    /// <summary>The answer as far as it came.</summary>
    public AnswerCollector Answer { get; } = new();

    /// <summary>Whether the source ended, well or not: only <see cref="WriteEnd"/> is left.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Takes the next bytes of the source.</summary>
    public void Read(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        reader.Read(bytes, events, hidesUsage, copies ? output : null);
        Pass(output);
    }

    /// <summary>The source's bytes are over.</summary>
    public void End(IBufferWriter<byte> output) => Break(null, output);

    /// <summary>The source failed.</summary>
    /// <param name="reason">What to tell the client if the answer is not whole; null for the usual words.</param>
    /// <param name="output">Receives the bytes.</param>
    public void Break(string? reason, IBufferWriter<byte> output)
    {
        reader.End(reason, events, hidesUsage, copies ? output : null);
        Pass(output);
    }

    /// <summary>Writes the answer's end, or its error, once <see cref="IsOver"/>.</summary>
    public void WriteEnd(IBufferWriter<byte> output)
    {
        if (!copies)
        {
            writer.Write(end, output);
            return;
        }

        if (reader.WriteHeld(output))
        {
            // The provider's own end, or its own error, after which a client of OpenAI still waits for the end.
            if (end.Kind == StreamEventKind.Error && writer is OpenAIAdapter)
            {
                writer.WriteTerminator(output);
            }
        }
        else if (end.Kind == StreamEventKind.Error)
        {
            writer.WriteErrorOf(Answer.ToResponse(), end.Text, output);
        }
        else
        {
            writer.WriteTerminator(output);
        }
    }

    private static bool IsOpenAI(ChatDialect dialect) => dialect is ChatDialect.OpenAIChat or ChatDialect.Mistral;

    private void Pass(IBufferWriter<byte> output)
    {
        foreach (var next in events)
        {
            Answer.Add(next);
            if (next.Kind is StreamEventKind.Done or StreamEventKind.Error)
            {
                end = next;
                IsOver = true;
            }
            else if (!copies && !(hidesUsage && next.Kind == StreamEventKind.Usage))
            {
                writer.Write(hidesUsage ? next with { Usage = null } : next, output);
            }
        }

        events.Clear();
    }
}
