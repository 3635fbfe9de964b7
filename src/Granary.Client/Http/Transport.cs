using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Granary.Client.Http;

/// <summary>Makes calls: addresses, attempts, pauses, the deadline, and what answers and failures become.</summary>
internal sealed partial class Transport
{
    private readonly Func<HttpClient> _http;
    private readonly AddressBook _addresses;
    private readonly string? _apiKey;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _attemptTimeout;
    private readonly int _maxRetries;
    private readonly ILogger _log;

    public Transport(Func<HttpClient> http, GranaryClientOptions options, ILogger log, Func<double> random)
    {
        _http = http;
        _addresses = new AddressBook(options.BaseAddresses);
        _apiKey = options.ApiKey;
        _timeout = options.Timeout;
        _attemptTimeout = options.AttemptTimeout;
        _maxRetries = options.MaxRetries;
        _log = log;
        Time = options.TimeProvider;
        Backoff = new Backoff(options.RetryDelay, options.MaxRetryDelay, random);
        EventIdleTimeout = options.EventIdleTimeout;
        EventReconnectTimeout = options.EventReconnectTimeout;
    }

    public TimeProvider Time { get; }

    public Backoff Backoff { get; }

    /// <summary>The longest pause of a transfer.</summary>
    public TimeSpan TransferPause => _timeout;

    public TimeSpan EventIdleTimeout { get; }

    public TimeSpan EventReconnectTimeout { get; }

    /// <summary>Makes a call and reads its answer; an answer that breaks off is a failed attempt like any other.</summary>
    /// <param name="call">The call.</param>
    /// <param name="read">Reads the answer. If it keeps the answer (<see cref="ApiCall.Streaming"/>), it must dispose it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<T> SendAsync<T>(ApiCall call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        // An upload has no deadline of its own: it is bound by its pauses (see ImportBody).
        using var deadline = call.Stream is null ? new CancellationTokenSource(_timeout, Time) : new CancellationTokenSource();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var started = Time.GetTimestamp();
        var address = _addresses.Current;
        Failure? failure = null;
        for (int attempt = 0, tried = 1, pauses = 0; ; attempt++)
        {
            try
            {
                (var answer, failure) = await AttemptAsync(call, _addresses[address], read, ending.Token).ConfigureAwait(false);
                if (failure is null)
                    return answer!;
            }
            catch (OperationCanceledException cancelled)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (deadline.IsCancellationRequested)
                    throw DeadlineExceeded(call, failure, cancelled);
                throw;
            }

            var here = address;
            if (failure.MoveOn)
                address = _addresses.MoveOn(here);
            if (attempt >= _maxRetries || !MayRepeat(call, failure))
                throw failure.Error.With(idempotencyKey: call.IdempotencyKey);

            var pause = TimeSpan.Zero;
            if (failure.MoveOn && tried < _addresses.Count)
            {
                tried++;
            }
            else
            {
                tried = 1;
                pause = Backoff.Pause(pauses++);
                if (pause < failure.RetryAfter)
                    pause = failure.RetryAfter;
            }

            // A pause that outlasts the deadline helps nobody: the caller learns now what is wrong and when to come back.
            if (call.Stream is null && Time.GetElapsedTime(started) + pause >= _timeout)
                throw failure.Error.With(idempotencyKey: call.IdempotencyKey);

            ClientInstruments.Retries.Add(1, new KeyValuePair<string, object?>("error.type", failure.Error.Code));
            LogRepeat(call.Method, call.Path, attempt + 1, _addresses[address], pause, failure.Error.Message);
            if (pause > TimeSpan.Zero)
                await PauseAsync(pause, call, failure, deadline, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a call whose answer is JSON.</summary>
    public Task<T> SendAsync<T>(ApiCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(call, (response, token) => ReadJsonAsync(response, type, token), cancellationToken);

    public static async Task<T> ReadJsonAsync<T>(
        HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken).ConfigureAwait(false)
                ?? throw new JsonException("null");
        }
    }

    private async Task<(T? Answer, Failure? Failure)> AttemptAsync<T>(
        ApiCall call, Uri address, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var limit = call.Repeat == Repeat.Always && _maxRetries > 0
            ? new CancellationTokenSource(_attemptTimeout, Time)
            : new CancellationTokenSource();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        HttpResponseMessage? response = null;
        var kept = false;
        try
        {
            using var request = Build(call, address);
            response = await _http().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode && response.StatusCode != call.AlsoAnswers)
                return (default, await Failure.OfAnswerAsync(address, response, Time, ending.Token).ConfigureAwait(false));
            var answer = await read(response, ending.Token).ConfigureAwait(false);
            kept = call.Streaming;
            return (answer, null);
        }
        catch (Exception) when (call.Stream?.SourceError is not null)
        {
            ExceptionDispatchInfo.Throw(call.Stream.SourceError);
            throw;
        }
        catch (JsonException malformed)
        {
            return (default, Failure.Malformed(address, malformed.Message, malformed));
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            return (default, Failure.Unreachable(address, lost));
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            return (default, Failure.AttemptTimedOut(address, late));
        }
        finally
        {
            if (!kept)
                response?.Dispose();
        }
    }

    private static bool MayRepeat(ApiCall call, Failure failure) => failure.Transient && call.CanSendAgain && call.Repeat switch
    {
        Repeat.Always => true,
        Repeat.IfNotRun => failure.NotRun,
        _ => false,
    };

    private HttpRequestMessage Build(ApiCall call, Uri address)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(address, call.Path));
        var headers = request.Headers;
        headers.Accept.ParseAdd(call.Accept);
        headers.Accept.ParseAdd("application/problem+json");
        if (_apiKey is not null)
            headers.Authorization = new AuthenticationHeaderValue("Bearer", _apiKey);
        Add("X-Tenant-ID", call.Tenant);
        Add("X-User-ID", call.User);
        Add("Idempotency-Key", call.IdempotencyKey);
        Add("If-Match", call.IfMatch);
        Add("If-None-Match", call.IfNoneMatch);
        Add("Last-Event-ID", call.LastEventId);
        if (call.Json is { } json)
            request.Content = new ReadOnlyMemoryContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        else if (call.Stream is not null)
        {
            request.Content = call.Stream;
            // Lets a refusal arrive before, or while, the body is sent.
            headers.ExpectContinue = true;
        }

        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
                headers.TryAddWithoutValidation(name, value);
        }
    }

    private async Task PauseAsync(
        TimeSpan pause, ApiCall call, Failure failure, CancellationTokenSource deadline, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await Task.Delay(pause, Time, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (!cancellationToken.IsCancellationRequested)
        {
            throw DeadlineExceeded(call, failure, cancelled);
        }
    }

    private UnavailableException DeadlineExceeded(ApiCall call, Failure? last, Exception cause) => new UnavailableException(
        ClientErrorCodes.DeadlineExceeded,
        last is null ? $"There was no answer within {_timeout}." : $"There was no answer within {_timeout}; the last attempt: {last.Error.Message}",
        ProblemExtensions.DefaultRetryAfter,
        last?.Error ?? cause).With(idempotencyKey: call.IdempotencyKey);
}
