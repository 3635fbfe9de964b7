using System.Buffers;

namespace Granary.Llm.Streaming;

/// <summary>
/// One answer on its way through one dialect, in either direction: a stream's bytes to events, or events to a stream's bytes. Keeps the state of
/// that one answer; not safe for several threads.
/// </summary>
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
