using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Llm.Streaming;

/// <summary>
/// What all dialects share. Reading: cuts the bytes into payloads, keeps the order of events (a start before all else, a stop once, nothing after the
/// end or an error), turns what cannot be understood into an error. Writing: JSON in the dialect's frames.
/// </summary>
internal abstract class StreamAdapter(IFrameReader frames, TimeProvider time) : ProtocolAdapter
{
    /// <summary>The message where a provider reports an error and does not say which.</summary>
    public const string UnnamedError = "The provider reported an error.";

    private const string BrokeOff = "The provider's stream broke off before its end.";

    // Payloads are JSON inside a stream, never inside HTML. Line ends, also Unicode's, stay escaped: a payload is one line for every reader.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly List<StreamEvent> found = [];
    private readonly AnswerSize size = new();
    private OpenCalls? calls;
    private Utf8JsonWriter? json;
    private SurrogateJoin content;
    private SurrogateJoin reasoning;
    private bool started;
    private bool stopped;
    private bool ended;

    /// <summary>The tool calls that are being read.</summary>
    protected OpenCalls Calls => calls ??= new(size);

    /// <summary>Whether the start was told.</summary>
    protected bool IsStarted => started;

    /// <summary>Whether the source ended without saying why, so that the stop that was told is only what the answer shows.</summary>
    public bool IsStopAssumed { get; private set; }

    /// <summary>The clock, for times in what is written.</summary>
    protected TimeProvider Time => time;

    /// <summary>The id of the answer that is written.</summary>
    protected string WrittenId { get; private set; } = "";

    /// <summary>The model of the answer that is written.</summary>
    protected string WrittenModel { get; private set; } = "";

    /// <summary>The usage known so far of the answer that is written.</summary>
    protected ChatUsage? WrittenUsage { get; private set; }

    /// <summary>Why the answer that is written ended.</summary>
    protected ChatFinish WrittenFinish { get; private set; }

    /// <summary>How ids of this dialect's answers begin.</summary>
    protected abstract string IdPrefix { get; }

    /// <inheritdoc />
    public sealed override void Read(ReadOnlySpan<byte> bytes, ICollection<StreamEvent> events)
    {
        try
        {
            while (!ended && frames.TryRead(ref bytes, out var payload))
            {
                ReadOne(payload, events);
            }
        }
        catch (Exception e) when (IsMalformed(e))
        {
            // What follows the stop can only be usage: the answer is whole without it.
            if (stopped)
            {
                Done(events);
            }
            else
            {
                Fail($"The provider's stream cannot be read: {e.Message}", events);
            }
        }
    }

    /// <inheritdoc />
    public sealed override void End(ICollection<StreamEvent> events) => End(BrokeOff, events);

    /// <summary>The provider's stream is over.</summary>
    /// <param name="reason">What to say if it broke off before its end; null for the usual words.</param>
    /// <param name="events">Receives the events.</param>
    public void End(string? reason, ICollection<StreamEvent> events)
    {
        try
        {
            while (!ended && frames.TryReadLast(out var payload))
            {
                ReadOne(payload, events);
            }
        }
        catch (Exception e) when (IsMalformed(e))
        {
            // The last payload was cut: that the stream broke off says more than what is wrong with the piece.
        }

        if (ended)
        {
            return;
        }

        OnEnd(events);
        if (stopped)
        {
            Done(events);
        }
        else
        {
            Fail(reason ?? BrokeOff, events);
        }
    }

    /// <inheritdoc />
    public sealed override void Write(in StreamEvent next, IBufferWriter<byte> output)
    {
        if (WriteEnded)
        {
            return;
        }

        if (next.Usage is not null)
        {
            WrittenUsage = UsageMaximum.Of(WrittenUsage, next.Usage);
        }

        if (!WriteStarted && next.Kind is not StreamEventKind.Usage)
        {
            WriteStarted = true;
            WrittenId = next.Kind == StreamEventKind.Start && !string.IsNullOrEmpty(next.Id) ? next.Id : StreamIds.New(IdPrefix);
            WrittenModel = next.Kind == StreamEventKind.Start ? next.Name ?? "" : "";
            if (next.Kind != StreamEventKind.Error)
            {
                WriteStart(output);
            }
        }

        switch (next.Kind)
        {
            case StreamEventKind.Stop:
                WrittenFinish = next.Finish;
                WriteStop(output);
                break;
            case StreamEventKind.Done:
                WriteEnd(last: true, output);
                WriteEnded = true;
                break;
            case StreamEventKind.Error:
                WriteError(next.Text ?? UnnamedError, output);
                WriteEnded = true;
                break;
            case StreamEventKind.Start or StreamEventKind.Usage:
                break;
            case StreamEventKind.Signature when next.Name != Dialect.ToString():
                // No other provider, nor its clients, can make anything of it.
                break;
            default:
                WritePiece(next, output);
                break;
        }
    }

    /// <summary>Writes what ends the answer: usage where the dialect has a place for it and, if nothing follows, the dialect's end.</summary>
    /// <param name="last">Whether the stream ends too; if not, it goes on with another answer, such as after tools have run.</param>
    /// <param name="output">Receives the bytes.</param>
    public abstract void WriteEnd(bool last, IBufferWriter<byte> output);

    /// <summary>Writes the usage known so far as a payload of its own, where the dialect has such.</summary>
    public virtual void WriteUsage(IBufferWriter<byte> output)
    {
    }

    /// <summary>Writes only what says that the stream is over, for an answer that is told already.</summary>
    public virtual void WriteTerminator(IBufferWriter<byte> output)
    {
    }

    private bool WriteStarted { get; set; }

    private bool WriteEnded { get; set; }

    /// <summary>Reads one payload.</summary>
    protected abstract void ReadPayload(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events);

    /// <summary>The bytes are over: tells what waited for that.</summary>
    protected virtual void OnEnd(ICollection<StreamEvent> events)
    {
    }

    /// <summary>Writes the beginning of the answer.</summary>
    protected abstract void WriteStart(IBufferWriter<byte> output);

    /// <summary>Writes text, reasoning or a part of a tool call.</summary>
    protected abstract void WritePiece(in StreamEvent next, IBufferWriter<byte> output);

    /// <summary>Writes why the answer ended, <see cref="WrittenFinish"/>, unless the dialect says that at the very end.</summary>
    protected abstract void WriteStop(IBufferWriter<byte> output);

    /// <summary>Writes an error and the dialect's end.</summary>
    protected abstract void WriteError(string message, IBufferWriter<byte> output);

    protected void Start(string? id, string? model, ChatUsage? usage, ICollection<StreamEvent> events)
    {
        if (!started)
        {
            started = true;
            events.Add(new StreamEvent(StreamEventKind.Start, Id: string.IsNullOrEmpty(id) ? StreamIds.New(IdPrefix) : id, Name: model ?? "", Usage: usage));
        }
    }

    protected void Content(string? text, ICollection<StreamEvent> events) =>
        Piece(StreamEventKind.Content, ref content, text, events);

    protected void Reasoning(string? text, ICollection<StreamEvent> events) =>
        Piece(StreamEventKind.Reasoning, ref reasoning, text, events);

    /// <summary>The provider signed its reasoning so far.</summary>
    /// <param name="part">The part as it wants it back.</param>
    /// <param name="signature">The signature, where the reasoning can be read.</param>
    /// <param name="events">Receives the event.</param>
    protected void Signature(string part, string? signature, ICollection<StreamEvent> events)
    {
        size.Add(part.Length);
        Start(null, null, null, events);
        events.Add(new StreamEvent(StreamEventKind.Signature, part, Id: signature, Name: Dialect.ToString()));
    }

    protected void Usage(ChatUsage? usage, ICollection<StreamEvent> events)
    {
        if (usage is not null)
        {
            Start(null, null, null, events);
            events.Add(new StreamEvent(StreamEventKind.Usage, Usage: usage));
        }
    }

    /// <summary>
    /// The answer ended. An answer with tool calls waits for their results, whatever word the provider has for that. Calls whose arguments are not whole
    /// count only if the model was done.
    /// </summary>
    protected void Stop(ChatFinish finish, ICollection<StreamEvent> events)
    {
        if (stopped)
        {
            return;
        }

        stopped = true;
        Start(null, null, null, events);
        finish = finish == ChatFinish.Stop && Calls.Any ? ChatFinish.ToolCalls : finish;
        Calls.Complete(all: finish == ChatFinish.ToolCalls, events);
        finish = finish == ChatFinish.Unknown && Calls.AnyComplete ? ChatFinish.ToolCalls : finish;
        events.Add(new StreamEvent(StreamEventKind.Stop, Finish: finish));
    }

    protected void Done(ICollection<StreamEvent> events)
    {
        if (!ended)
        {
            if (!stopped)
            {
                // Nobody said whether a call that is open had more to come.
                IsStopAssumed = stopped = true;
                Start(null, null, null, events);
                Calls.Complete(all: false, events);
                var finish = !Calls.AllComplete ? ChatFinish.Length : Calls.Any ? ChatFinish.ToolCalls : ChatFinish.Stop;
                events.Add(new StreamEvent(StreamEventKind.Stop, Finish: finish));
            }

            ended = true;
            events.Add(new StreamEvent(StreamEventKind.Done));
        }
    }

    protected void Fail(string message, ICollection<StreamEvent> events)
    {
        if (!ended)
        {
            ended = true;
            events.Add(new StreamEvent(StreamEventKind.Error, message));
        }
    }

    /// <summary>A writer of JSON to the output, to be flushed by the caller. It checks nothing: also properties without an object around them can be written.</summary>
    protected Utf8JsonWriter Json(IBufferWriter<byte> output)
    {
        if (json is null)
        {
            json = new Utf8JsonWriter(output, WriterOptions);
        }
        else
        {
            json.Reset(output);
        }

        return json;
    }

    private static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException or FormatException or InvalidDataException;

    /// <summary>Reads a payload: all of its events, or none if it is malformed, even late in it.</summary>
    private void ReadOne(ReadOnlySpan<byte> payload, ICollection<StreamEvent> events)
    {
        payload = payload.Trim((byte)' ');
        if (payload.IsEmpty)
        {
            return;
        }

        var wasStopped = stopped;
        found.Clear();
        try
        {
            ReadPayload(payload, found);
        }
        catch (Exception e) when (IsMalformed(e))
        {
            (stopped, ended) = (wasStopped, false);
            throw;
        }

        foreach (var next in found)
        {
            events.Add(next);
        }
    }

    private void Piece(StreamEventKind kind, ref SurrogateJoin join, string? text, ICollection<StreamEvent> events)
    {
        if (!string.IsNullOrEmpty(text) && join.Add(text) is { Length: > 0 } whole)
        {
            size.Add(whole.Length);
            Start(null, null, null, events);
            events.Add(new StreamEvent(kind, whole));
        }
    }
}
