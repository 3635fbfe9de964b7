using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Granary.Http.Problems;
using Granary.Llm;
using Granary.Llm.Audit;
using Granary.Llm.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.Http.Proxy;

/// <summary>
/// Hands on an answer that comes in pieces. Where client and provider speak the same dialect the bytes go through as they are, event by event, and
/// are read beside that; otherwise each event is written anew. From the event on that ends the answer all is held back until the turn is durable.
/// </summary>
internal sealed partial class StreamRelay : IDisposable
{
    private const int FirstBufferBytes = 4 * 1024;

    /// <summary>An event larger than this is no event of a chat.</summary>
    private const int MaxEventBytes = 32 * 1024 * 1024;

    /// <summary>Usage and the end come after an answer's stop; a source that sends more than this has no end.</summary>
    private const int MaxBytesAfterStop = 256 * 1024;

    private const int MaxEventsAfterStop = 1024;

    private const string NotStored = "The answer could not be stored in the session's memory.";

    private readonly HttpContext _context;
    private readonly UpstreamAnswer _upstream;
    private readonly ChatDialect _client;
    private readonly ProxyTurn? _turn;
    private readonly ProxyCall _call;
    private readonly ILogger _logger;
    private readonly ProtocolAdapter _source;
    private readonly AnswerCollector _answer = new();
    private readonly List<StreamEvent> _events = [];
    private readonly bool _sameDialect;
    private readonly FrameScanner _frames = new();
    private readonly string? _responseId;
    private readonly ChoiceStops? _choices;
    private ProtocolAdapter? _target;
    private ArrayBufferWriter<byte>? _held;
    private List<StreamEvent>? _heldEvents;
    private byte[] _buffer = [];
    private int _filled;
    private int _scanned;
    private string? _providersId;
    private bool _wrote;

    public StreamRelay(HttpContext context, UpstreamAnswer upstream, ChatDialect client, ProxyTurn? turn, ProxyCall call, int choices, ILogger logger)
    {
        (_context, _upstream, _client, _turn, _call, _logger) = (context, upstream, client, turn, call, logger);
        _sameDialect = client == upstream.Dialect;
        _source = ProtocolAdapterFactory.Create(upstream.Dialect);
        _target = _sameDialect ? null : ProtocolAdapterFactory.Create(client);
        _choices = choices > 1 && _sameDialect ? new ChoiceStops(choices) : null;
        _responseId = turn is not null && client == ChatDialect.OpenAIResponses ? ResponseIds.New(turn.SessionId, turn.LastSequence) : null;
    }

    /// <summary>Whether the answer is on its end, whole or not: nothing more of it is to come.</summary>
    private bool IsOver => _answer.IsDone || _failed || _endless;

    /// <summary>Whether what comes now is held back until the turn is durable.</summary>
    private bool IsHeld => _turn is not null && ((_stopped && _choices?.All != false) || IsOver);

    private bool _failed;
    private bool _stopped;
    private bool _endless;
    private int _bytesAfterStop;

    private PipeWriter Writer => _context.Response.BodyWriter;

    public async Task RunAsync()
    {
        var gone = false;
        try
        {
            await ReadAsync(_context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            gone = true;
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            gone = _context.RequestAborted.IsCancellationRequested;
            if (!gone)
            {
                LogBroken(_logger, error);
            }
        }

        // Before anything is stored: the provider has no more to do.
        _upstream.Dispose();
        if (gone)
        {
            if (!_stopped)
            {
                _call.Ended(AuditOutcome.Cancelled);
            }

            await StoreQuietlyAsync(partial: !_stopped);
            return;
        }

        if (!_answer.IsDone && !_failed)
        {
            _source.End(_events);
            await TakeAsync(default);
        }

        if (_failed)
        {
            await FailAsync();
        }
        else
        {
            await FinishAsync();
        }
    }

    public void Dispose()
    {
        _upstream.Dispose();
        ReturnBuffer();
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private async Task ReadAsync(CancellationToken aborted)
    {
        await using var body = await _upstream.Answer.ReadAsync(aborted);
        while (!IsOver)
        {
            if (_filled == 0)
            {
                // Most streams wait for their model most of the time: no buffer is held for that.
                ReturnBuffer();
                var nothing = await body.ReadAsync(Memory<byte>.Empty, aborted);
                Debug.Assert(nothing == 0, "a read into nothing reads nothing");
            }

            if (_filled == _buffer.Length)
            {
                Grow();
            }

            var read = await body.ReadAsync(_buffer.AsMemory(_filled), aborted);
            if (read == 0)
            {
                CloseLastFrame();
                return;
            }

            _filled += read;
            if (_sameDialect)
            {
                PassFrames();
            }
            else
            {
                _source.Read(_buffer.AsSpan(0, _filled), _events);
                _filled = 0;
                Take(default);
            }

            if (_wrote)
            {
                _wrote = false;
                await Writer.FlushAsync(aborted);
            }
        }
    }

    /// <summary>The last event of a source that ends without the empty line after it, if its lines are whole.</summary>
    private void CloseLastFrame()
    {
        if (!_sameDialect || _filled == 0 || _buffer[_filled - 1] != (byte)'\n')
        {
            return;
        }

        if (_filled == _buffer.Length)
        {
            Grow();
        }

        _buffer[_filled++] = (byte)'\n';
        PassFrames();
    }

    /// <summary>Passes on the events that are whole.</summary>
    private void PassFrames()
    {
        var start = 0;
        while (!IsOver && _scanned < _filled)
        {
            var length = _frames.Next(_buffer.AsSpan(_scanned, _filled - _scanned));
            if (length < 0)
            {
                _scanned = _filled;
                break;
            }

            _scanned += length;
            var frame = _buffer.AsSpan(start, _scanned - start);
            _source.Read(frame, _events);
            Take(frame);
            start = _scanned;
        }

        if (start > 0)
        {
            _buffer.AsSpan(start, _filled - start).CopyTo(_buffer);
            _filled -= start;
            _scanned -= start;
        }
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> frame)
    {
        Take(frame.Span);
        if (_wrote)
        {
            _wrote = false;
            await Writer.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>Takes the events that were read, and in the same dialect the bytes that they came in.</summary>
    private void Take(ReadOnlySpan<byte> frame)
    {
        foreach (var next in _events)
        {
            _answer.Add(next);
            _call.Saw(next);
            switch (next.Kind)
            {
                case StreamEventKind.Start:
                    _providersId = next.Id;
                    break;
                case StreamEventKind.Stop:
                    _stopped = true;
                    break;
                case StreamEventKind.Error:
                    _failed = true;
                    break;
            }

            if (!_sameDialect)
            {
                Write(next);
            }
        }

        _events.Clear();
        if (_sameDialect && !frame.IsEmpty)
        {
            _choices?.Read(frame);
            Write(frame);
        }
    }

    private void Write(ReadOnlySpan<byte> frame)
    {
        if (_responseId is not null && _providersId is not null)
        {
            frame = WholeRelay.Replace(frame, _providersId, _responseId);
        }

        if (IsHeld)
        {
            _bytesAfterStop += _held is null ? 0 : frame.Length;
            _endless |= _bytesAfterStop > MaxBytesAfterStop;
            (_held ??= new ArrayBufferWriter<byte>()).Write(frame);
        }
        else
        {
            Begin();
            Writer.Write(frame);
            _wrote = true;
        }
    }

    private void Write(in StreamEvent next)
    {
        if (IsHeld && next.Kind != StreamEventKind.Error)
        {
            (_heldEvents ??= []).Add(next);
            _endless |= _heldEvents.Count > MaxEventsAfterStop;
        }
        else
        {
            Begin();
            _target!.Write(next.Kind == StreamEventKind.Start ? Started(next) : next, Writer);
            _wrote = true;
        }
    }

    private StreamEvent Started(in StreamEvent start) => start with
    {
        Id = _responseId ?? start.Id,
        Name = string.IsNullOrEmpty(start.Name) ? _upstream.Model : start.Name,
    };

    private void Begin()
    {
        var response = _context.Response;
        if (response.HasStarted || response.ContentType is not null)
        {
            return;
        }

        RawRelay.Begin(_context, _upstream.Answer);
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    private async Task FinishAsync()
    {
        var answer = _answer.ToResponse();
        _call.Took(answer);
        try
        {
            if (_turn is not null)
            {
                _call.Stored(await _turn.StoreAsync(answer, partial: false));
            }
        }
        catch (Exception error)
        {
            // Never a false success: the client must not take for remembered what is not.
            LogNotStored(_logger, error, _turn!.SessionId);
            _call.Failed(error);
            if (!_context.Response.HasStarted && _context.Response.ContentType is null)
            {
                throw;
            }

            WriteError(error is MemoryException ? $"{NotStored} {error.Message}" : NotStored);
            await Writer.FlushAsync(CancellationToken.None);
            return;
        }

        Begin();
        if (_held is not null)
        {
            Writer.Write(_held.WrittenSpan);
        }

        if (_endless && _sameDialect)
        {
            ProtocolAdapterFactory.CreateStream(_client, TimeProvider.System).WriteTerminator(Writer);
        }

        foreach (var next in _heldEvents ?? [])
        {
            _target!.Write(next, Writer);
        }

        await Writer.FlushAsync(CancellationToken.None);
    }

    /// <summary>The provider's stream failed or broke off: what came is kept, and the client is told in its dialect.</summary>
    private async Task FailAsync()
    {
        var answer = _answer.ToResponse();
        _call.Ended(answer.Content.Length > 0 || answer.ToolCalls.Count > 0 ? AuditOutcome.Partial : AuditOutcome.Failed, HttpErrorCodes.ProviderFailed);
        await StoreQuietlyAsync(partial: true);
        var message = answer.Error ?? "The provider's stream broke off before its end.";
        if (!_context.Response.HasStarted && _context.Response.ContentType is null && _held is null)
        {
            throw new Llm.Providers.ProviderException("upstream", message, StatusCodes.Status502BadGateway);
        }

        if (_held is { WrittenCount: > 0 } held && !_stopped)
        {
            // The provider's own error, in its own words.
            Begin();
            Writer.Write(held.WrittenSpan);
        }
        else if (_sameDialect && !_reported)
        {
            WriteError(message);
        }

        await Writer.FlushAsync(CancellationToken.None);
    }

    private bool _reported;

    private void WriteError(string message)
    {
        Begin();
        _reported = true;
        _target ??= ProtocolAdapterFactory.Create(_client);
        _target.Write(new StreamEvent(StreamEventKind.Error, message), Writer);
    }

    private async Task StoreQuietlyAsync(bool partial)
    {
        var answer = _answer.ToResponse();
        _call.Took(answer);
        if (_turn is null)
        {
            return;
        }

        try
        {
            _call.Stored(await _turn.StoreAsync(answer, partial));
        }
        catch (Exception error)
        {
            // The client hears of a failure anyway, or is gone.
            LogNotStored(_logger, error, _turn.SessionId);
        }
    }

    private void Grow()
    {
        if (_buffer.Length >= MaxEventBytes)
        {
            throw new IOException("An event of the provider's stream is larger than this service takes.");
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBufferBytes, _buffer.Length * 2));
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        ReturnBuffer();
        _buffer = larger;
    }
}
