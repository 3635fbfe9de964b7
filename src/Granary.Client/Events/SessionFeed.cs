using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client.Events;

/// <summary>An event feed over as many connections as it takes, from a sequence on.</summary>
internal sealed class SessionFeed(Transport transport, ApiCall call, long after) : IAsyncDisposable
{
    private readonly ApiCall _call = call with { Streaming = true, Accept = "text/event-stream" };
    private OpenAnswer? _connection;
    private IAsyncEnumerator<SseItem<SessionEvent?>>? _events;
    private long _last = after;
    private SessionEventData? _state;
    private bool _seen;
    private long? _lostAt;
    private long _connectedAt;
    private int _failures;

    /// <summary>The next event, however often the connection must be made again for it.</summary>
    public async ValueTask<SessionEvent> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (_events is null && !await ConnectAsync(cancellationToken).ConfigureAwait(false))
                    return new SessionDeletedEvent();
                if (await ReadAsync(_events!).ConfigureAwait(false) is { } happened)
                    return happened;
                await DisconnectAsync().ConfigureAwait(false);
                await WaitAsync(null, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception lost) when (IsLost(lost) && !cancellationToken.IsCancellationRequested)
            {
                await DisconnectAsync().ConfigureAwait(false);
                await WaitAsync(lost, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask DisposeAsync() => DisconnectAsync();

    private static bool IsLost(Exception error) => error is IOException or HttpRequestException or OperationCanceledException or UnavailableException
    {
        // An answer that is no feed will not become one.
        Code: not ClientErrorCodes.MalformedAnswer,
    };

    private async Task<bool> ConnectAsync(CancellationToken cancellationToken)
    {
        var connect = _call with { LastEventId = _last.ToString(CultureInfo.InvariantCulture) };
        try
        {
            _connection = await transport.SendAsync(connect, OpenAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (MemoryException gone) when (_seen && gone is ErasedException or NotFoundException)
        {
            // Erased while the feed was not connected.
            return false;
        }

        _connectedAt = transport.Time.GetTimestamp();
        _events = SseParser.Create(_connection.Body, Parse).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        return true;
    }

    private Task<OpenAnswer> OpenAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? OpenAnswer.OfAsync(response, transport.EventIdleTimeout, transport.Time, cancellationToken)
            : throw new JsonException("it is no event stream");

    /// <summary>The next event that is news, or null at the end of the connection.</summary>
    private async Task<SessionEvent?> ReadAsync(IAsyncEnumerator<SseItem<SessionEvent?>> events)
    {
        while (await events.MoveNextAsync().ConfigureAwait(false))
        {
            _lostAt = null;
            switch (events.Current.Data)
            {
                case MessageEvent { Message.Sequence: var sequence } message:
                    if (sequence <= _last)
                        continue;
                    if (sequence != _last + 1)
                        throw new IOException($"The feed went from sequence {_last} to {sequence}.");
                    _last = sequence;
                    _failures = 0;
                    return message;
                case SessionStateEvent state:
                    // A session that is behind what was seen of it was erased and made again: what was followed is gone.
                    if (state.State.LastSequence < _last)
                        return new SessionDeletedEvent();
                    _seen = true;
                    if (state.State == _state)
                        continue;
                    _state = state.State;
                    return state;
                case { } last:
                    return last;
            }
        }

        return null;
    }

    private static SessionEvent? Parse(string type, ReadOnlySpan<byte> data)
    {
        try
        {
            return type switch
            {
                "message" => new MessageEvent(Read(data, ClientJson.Read.Message)),
                "session" => new SessionStateEvent(Read(data, ClientJson.Read.SessionEventData)),
                "ended" => new SessionEndedEvent(data.IsEmpty ? null : Read(data, ClientJson.Read.SessionEventData)),
                "deleted" => new SessionDeletedEvent(),
                // A kind of a later version.
                _ => null,
            };
        }
        catch (JsonException malformed)
        {
            throw new UnavailableException(
                ClientErrorCodes.MalformedAnswer, $"An event's data is malformed: {malformed.Message}", ProblemExtensions.DefaultRetryAfter, malformed);
        }
    }

    private static T Read<T>(ReadOnlySpan<byte> data, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(data, type) ?? throw new JsonException("null");

    private async Task WaitAsync(Exception? lost, CancellationToken cancellationToken)
    {
        var now = transport.Time.GetTimestamp();
        _lostAt ??= now;
        if (transport.EventReconnectTimeout != Timeout.InfiniteTimeSpan
            && transport.Time.GetElapsedTime(_lostAt.Value, now) >= transport.EventReconnectTimeout)
        {
            throw lost as UnavailableException ?? new UnavailableException(
                ClientErrorCodes.Unreachable,
                $"The event feed could not be kept for {transport.EventReconnectTimeout}: {lost?.Message ?? "it was closed"}",
                ProblemExtensions.DefaultRetryAfter,
                lost);
        }

        ClientInstruments.Reconnects.Add(1);
        var pause = transport.Backoff.Pause(_failures++);
        if (lost is UnavailableException { RetryAfter: var asked } && asked > pause)
            pause = asked;
        await Task.Delay(pause, transport.Time, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask DisconnectAsync()
    {
        if (_connection is null)
            return;
        if (transport.Time.GetElapsedTime(_connectedAt) > transport.EventIdleTimeout)
            _failures = 0;
        if (_events is not null)
            await _events.DisposeAsync().ConfigureAwait(false);
        _connection.Dispose();
        _connection = null;
        _events = null;
    }
}
