using System.Buffers;

namespace Granary.Llm.Streaming;

/// <summary>
/// One answer on its way through one dialect, in either direction: a stream's bytes to events, or events to a stream's bytes. Keeps the state of
/// that one answer; not safe for several threads.
/// </summary>
/// <remarks>
/// <para>
/// Reading never throws over what a provider sends. Its events come in an order that can be relied on: a start first; each tool call's start, pieces and
/// completion, whose pieces joined are the completion's text; at most one stop; then done, or at any point an error, after which nothing comes. Usage may come
/// anywhere before the end.
/// </para>
/// <para>
/// To pass a stream on as it comes, tool calls included: read with the provider's adapter, give each event to the client's adapter's
/// <see cref="Write"/>, and to an <see cref="AnswerCollector"/> to keep the answer; after the last byte call <see cref="End"/> and do the same with its
/// events. Leave out <see cref="StreamEventKind.Usage"/> where the client did not ask for it; hold <see cref="StreamEventKind.Done"/> until the answer is
/// stored.
/// </para>
/// </remarks>
public abstract class ProtocolAdapter
{
    /// <summary>The dialect.</summary>
    public abstract ChatDialect Dialect { get; }

    /// <summary>Takes the next bytes of a provider's stream, cut anywhere, and adds the events that they complete.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="events">Receives the events.</param>
    public abstract void Read(ReadOnlySpan<byte> bytes, ICollection<StreamEvent> events);

    /// <summary>The provider's stream is over: adds what is still open, and an error if it broke off before its end.</summary>
    /// <param name="events">Receives the events.</param>
    public abstract void End(ICollection<StreamEvent> events);

    /// <summary>Writes an event for a client of this dialect; one that the dialect does not show writes nothing.</summary>
    /// <param name="next">The event.</param>
    /// <param name="output">Receives whole server-sent events (whole lines with Ollama).</param>
    public abstract void Write(in StreamEvent next, IBufferWriter<byte> output);
}
