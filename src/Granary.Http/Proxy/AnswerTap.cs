using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm;
using Granary.Llm.Audit;
using Granary.Llm.Rendering;
using Granary.Llm.Streaming;

namespace Granary.Http.Proxy;

/// <summary>Reads of an answer that goes by what it took. What it cannot read it leaves out; the relay does not depend on it.</summary>
internal sealed class AnswerTap
{
    /// <summary>Of a larger answer in one piece nothing is read.</summary>
    private const int MaxWholeBytes = 8 * 1024 * 1024;

    private readonly ProxyCall _call;
    private readonly ChatDialect _dialect;
    private readonly AuditKind _kind;
    private readonly ProtocolAdapter? _stream;
    private readonly List<StreamEvent> _events = [];
    private ArrayBufferWriter<byte>? _whole;
    private ChatUsage? _usage;
    private int _toolCalls;
    private string? _model;
    private bool _stopped;
    private bool _unreadable;

    public AnswerTap(ProxyCall call, UpstreamAnswer answer, AuditKind kind)
    {
        (_call, _dialect, _kind) = (call, answer.Dialect, kind);
        if (answer.Answer.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
        {
            _stream = ProtocolAdapterFactory.Create(answer.Dialect);
        }
        else
        {
            _whole = new ArrayBufferWriter<byte>();
        }
    }

    /// <summary>Whether a stream went by without its end.</summary>
    public bool IsCut => _stream is not null && !_unreadable && !_stopped;

    /// <summary>Reads what goes by.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        if (_unreadable)
        {
            return;
        }

        if (_stream is null)
        {
            _unreadable = _whole!.WrittenCount + bytes.Length > MaxWholeBytes;
            if (_unreadable)
            {
                _whole = null;
            }
            else
            {
                _whole.Write(bytes);
            }

            return;
        }

        Try(bytes, static (tap, bytes) => tap._stream!.Read(bytes, tap._events));
        Take();
    }

    /// <summary>No more comes.</summary>
    public (ChatUsage? Usage, int ToolCalls, string? Model) End()
    {
        if (_stream is not null && !_unreadable)
        {
            Try(default, static (tap, _) => tap._stream!.End(tap._events));
            Take();
        }
        else if (_whole is { } whole)
        {
            Try(whole.WrittenSpan, static (tap, bytes) => tap.ReadWhole(bytes));
        }

        return (_usage, _toolCalls, _model);
    }

    private void Take()
    {
        foreach (var next in _events)
        {
            _call.Saw(next);
            _usage = UsageMaximum.Of(_usage, next.Usage);
            switch (next.Kind)
            {
                case StreamEventKind.Start:
                    _model = next.Name;
                    break;
                case StreamEventKind.ToolCallComplete:
                    _toolCalls++;
                    break;
                case StreamEventKind.Stop or StreamEventKind.Done:
                    _stopped = true;
                    break;
            }
        }

        _events.Clear();
    }

    private void ReadWhole(ReadOnlySpan<byte> json)
    {
        if (JsonNode.Parse(json) is not JsonObject body)
        {
            return;
        }

        if (_kind == AuditKind.Embeddings)
        {
            _usage = body["usage"]?["prompt_tokens"] is JsonValue value && value.TryGetValue<int>(out var tokens) && tokens >= 0 ? new ChatUsage(tokens, 0) : null;
            return;
        }

        var answer = ChatRenderers.For(_dialect).ParseResponse(body);
        (_usage, _toolCalls, _model) = (answer.Usage, answer.ToolCalls.Count, answer.Model);
    }

    private void Try(ReadOnlySpan<byte> bytes, ReadAction read)
    {
        try
        {
            read(this, bytes);
        }
        catch (Exception error) when (error is JsonException or FormatException or ArgumentException or InvalidOperationException or InvalidDataException)
        {
            _unreadable = true;
        }
    }

    private delegate void ReadAction(AnswerTap tap, ReadOnlySpan<byte> bytes);
}
