using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Granary.Llm.Providers;

/// <summary>A provider over HTTP. Keys and credentials go into headers and nowhere else: no log, no metric, no message has them.</summary>
internal sealed partial class HttpChatProvider : IChatProvider, IProviderEvents, IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ProviderSetup _setup;
    private readonly ProviderAddress _address;
    private readonly ProviderHeaders _headers;
    private readonly ProviderPipeline _pipeline;
    private readonly CallPermits _permits;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public HttpChatProvider(ProviderSetup setup, TimeProvider time, ILogger<HttpChatProvider> logger)
    {
        (_setup, _time, _logger) = (setup, time, logger);
        _address = new ProviderAddress(setup);
        _headers = new ProviderHeaders(setup);
        _pipeline = new ProviderPipeline(setup, time, this);
        _permits = new CallPermits(setup, time);
        _http = new HttpClient(Handler()) { Timeout = Timeout.InfiniteTimeSpan };
        Dialect = setup.Kind switch
        {
            ProviderKind.Anthropic => ChatDialect.Anthropic,
            ProviderKind.Gemini => ChatDialect.Gemini,
            ProviderKind.Mistral => ChatDialect.Mistral,
            ProviderKind.Ollama => ChatDialect.Ollama,
            _ => ChatDialect.OpenAIChat,
        };
    }

    public string Name => _setup.Name;

    public ChatDialect Dialect { get; }

    public bool HasKey => _setup.Options.Key is not null;

    public bool? PassesReasoningEffort => _setup.Options.PassReasoningEffort;

    public async Task<ProviderResponse> SendAsync(ProviderCall call, CancellationToken cancellationToken = default)
    {
        var address = _address.Of(call);
        var started = _time.GetTimestamp();
        var attempt = new Attempt(this, call, address);
        var outcome = "canceled";
        IDisposable? permit = null;
        try
        {
            permit = await _permits.EnterAsync(cancellationToken).ConfigureAwait(false);
            var message = await _pipeline.SendAsync(
                static (attempt, token) => attempt.Provider.TryAsync(attempt, token),
                attempt,
                Patience(call),
                cancellationToken).ConfigureAwait(false);
            outcome = ((int)message.StatusCode).ToString(CultureInfo.InvariantCulture);
            var response = new ProviderResponse(message, permit) { Watch = Watch(IsWhole(call), Patience(call), attempt.Started) };
            permit = null;
            return response;
        }
        catch (TimeoutRejectedException error)
        {
            outcome = "timeout";
            throw new ProviderException(Name, $"The provider '{Name}' did not begin an answer within {error.Timeout.TotalSeconds:0.#} s.", 504, innerException: error);
        }
        catch (BrokenCircuitException error)
        {
            outcome = "circuit_open";
            throw new ProviderException(Name, $"The provider '{Name}' failed too often and is left alone for a while.", 503, error.RetryAfter, error);
        }
        catch (HttpRequestException error)
        {
            outcome = "unreachable";
            throw new ProviderException(Name, $"The provider '{Name}' could not be reached: {Reason(error)}.", 502, innerException: error);
        }
        catch (ProviderException)
        {
            outcome = "busy";
            throw;
        }
        finally
        {
            permit?.Dispose();
            GranaryLlmInstruments.Called(Name, ProviderAddress.NameOf(call.Operation), outcome, _time.GetElapsedTime(started));
        }
    }

    public void Dispose() => _http.Dispose();

    void IProviderEvents.Repeating(string provider, string reason, int attempt, TimeSpan delay)
    {
        GranaryLlmInstruments.Repeated(provider, reason);
        LogRepeating(_logger, provider, reason, attempt, delay);
    }

    void IProviderEvents.CircuitChanged(string provider, string state)
    {
        GranaryLlmInstruments.CircuitChanged(provider, state);
        LogCircuit(_logger, provider, state);
    }

    /// <summary>One try: a request of its own, since a request cannot be sent twice; the body's bytes are the caller's and not copied.</summary>
    private async Task<HttpResponseMessage> TryAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        var call = attempt.Call;
        attempt.Started = _time.GetTimestamp();
        using var request = new HttpRequestMessage(call.Operation == ProviderOperation.Models ? HttpMethod.Get : HttpMethod.Post, attempt.Address);
        if (request.Method == HttpMethod.Post)
        {
            request.Content = new CallContent(call.Body) { Headers = { ContentType = Json } };
        }

        _headers.Write(call, request);
        try
        {
            var message = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);

            // The connection keeps the request until the answer's end; a stream must not keep the whole prompt in memory for that long.
            request.Content = null;
            return message;
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            // The handler's own patience with a connection ends as a cancellation that nobody asked for.
            throw new HttpRequestException(HttpRequestError.ConnectionError, "No connection in time.", error);
        }
    }

    private static bool IsWhole(ProviderCall call) => !call.Stream && call.Operation is ProviderOperation.Chat or ProviderOperation.Responses;

    private TimeSpan Patience(ProviderCall call)
    {
        var set = TimeSpan.FromSeconds(IsWhole(call) ? _setup.Options.WholeAnswerTimeoutSeconds : _setup.Options.TimeoutSeconds);
        return call.Patience is { } less && less < set ? less : set;
    }

    /// <summary>Watches a body. Knows nothing of the call: an open stream must not keep the whole prompt in memory.</summary>
    private Func<Stream, Stream> Watch(bool isWhole, TimeSpan patience, long started) =>
        body => new PatientStream(body, Limit(isWhole, patience, started), _time, FellSilent);

    /// <summary>What is left for a whole answer's body; some servers send its head at once and the rest when the model is done.</summary>
    private PatienceLimit Limit(bool isWhole, TimeSpan patience, long started)
    {
        if (!isWhole)
        {
            return new PatienceLimit(TimeSpan.FromSeconds(_setup.Options.IdleTimeoutSeconds), IsWhole: false);
        }

        var left = patience - _time.GetElapsedTime(started);
        return new PatienceLimit(left > TimeSpan.Zero ? left : TimeSpan.Zero, IsWhole: true);
    }

    private void FellSilent()
    {
        LogSilent(_logger, Name);
        _ = _pipeline.FellSilentAsync();
    }

    private static string Reason(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name is not known",
        HttpRequestError.SecureConnectionError => "no secure connection, see its certificate",
        HttpRequestError.ConnectionError => "no connection",
        HttpRequestError.ResponseEnded => "the connection ended before an answer",
        HttpRequestError.InvalidResponse => "it does not answer with HTTP",
        _ => "the connection broke",
    };

    private static SocketsHttpHandler Handler() => new()
    {
        // Redirects would carry keys to wherever they point.
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),

        // Long enough to be worth a connection, short enough to follow changes of addresses.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),

        // The end of an answer is waited for so that its connection can be used again; the rest of one that was given up is not.
        MaxResponseDrainSize = 16 * 1024,
        ResponseDrainTimeout = TimeSpan.FromMilliseconds(50),

        // Trace identifiers and baggage are this side's business.
        ActivityHeadersPropagator = null,
    };

    /// <summary>A call on its way, and when its last try began.</summary>
    private sealed class Attempt(HttpChatProvider provider, ProviderCall call, Uri address)
    {
        public HttpChatProvider Provider => provider;

        public ProviderCall Call => call;

        public Uri Address => address;

        public long Started { get; set; }
    }
}
