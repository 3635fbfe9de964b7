using System.Net;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Granary.Llm.Providers;

/// <summary>What stands between a call and the provider: repeats, the circuit breaker, the time until an answer begins.</summary>
internal sealed class ProviderPipeline
{
    /// <summary>The first wait before a repeat; each further one is about twice as long. As OpenAI's and Anthropic's own clients have it.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan LongestOwnDelay = TimeSpan.FromSeconds(8);

    private static readonly ResiliencePropertyKey<TimeSpan> Patience = new("granary.patience");

    private readonly ProviderSetup _setup;
    private readonly TimeProvider _time;
    private readonly IProviderEvents _events;
    private readonly ResiliencePipeline<HttpResponseMessage> _breaker;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

    public ProviderPipeline(ProviderSetup setup, TimeProvider time, IProviderEvents events)
    {
        (_setup, _time, _events) = (setup, time, events);
        var options = setup.Options;
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { Name = setup.Name, TimeProvider = time };
        if (options.Retries > 0)
        {
            builder.AddRetry(Retry(options));
        }

        // On its own, since an answer may also fail after the call: see FellSilentAsync.
        _breaker = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddCircuitBreaker(Breaker(options)).Build();
        _pipeline = builder.AddPipeline(_breaker).AddTimeout(new TimeoutStrategyOptions
        {
            TimeoutGenerator = static args => new(args.Context.Properties.GetValue(Patience, TimeSpan.FromSeconds(60))),
        }).Build();
    }

    /// <summary>Makes the call, as often as it takes.</summary>
    /// <param name="send">Makes one try.</param>
    /// <param name="state">What it needs.</param>
    /// <param name="patience">How long a try may take until the answer begins.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="HttpRequestException">The provider could not be reached.</exception>
    /// <exception cref="TimeoutRejectedException">No answer began in time.</exception>
    /// <exception cref="BrokenCircuitException">The circuit is open.</exception>
    public async Task<HttpResponseMessage> SendAsync<TState>(
        Func<TState, CancellationToken, Task<HttpResponseMessage>> send, TState state, TimeSpan patience, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(Patience, patience);
            return await _pipeline.ExecuteAsync(
                static async (context, args) => await args.send(args.state, context.CancellationToken).ConfigureAwait(false),
                context,
                (send, state)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Counts an answer that began and did not go on in time: for the circuit it is a failure like one that did not begin.</summary>
    public async Task FellSilentAsync()
    {
        var context = ResilienceContextPool.Shared.Get();
        try
        {
            await _breaker.ExecuteOutcomeAsync(
                static (_, _) => new ValueTask<Outcome<HttpResponseMessage>>(Outcome.FromException<HttpResponseMessage>(new TimeoutRejectedException())),
                context,
                0).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private RetryStrategyOptions<HttpResponseMessage> Retry(ProviderOptions options) => new()
    {
        MaxRetryAttempts = options.Retries,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = FirstDelay,
        MaxDelay = Least(LongestOwnDelay, TimeSpan.FromSeconds(options.MaxRetryDelaySeconds)),
        ShouldHandle = args => new(args.Outcome switch
        {
            { Exception: HttpRequestException error } => IsPassing(error),
            { Result: { } answer } => IsPassing(answer) && !(RetryAfter.Of(answer.Headers, _time)?.TotalSeconds > options.MaxRetryDelaySeconds),
            _ => false,
        }),
        DelayGenerator = args => new(args.Outcome.Result is { } answer ? RetryAfter.Of(answer.Headers, _time) : null),
        OnRetry = args =>
        {
            var reason = args.Outcome.Result is { } answer ? $"{(int)answer.StatusCode}" : "connection";
            _events.Repeating(_setup.Name, reason, args.AttemptNumber + 1, args.RetryDelay);
            return default;
        },
    };

    private CircuitBreakerStrategyOptions<HttpResponseMessage> Breaker(ProviderOptions options) => new()
    {
        FailureRatio = options.BreakerFailureRatio,
        MinimumThroughput = options.BreakerMinimumCalls,
        SamplingDuration = TimeSpan.FromSeconds(options.BreakerWindowSeconds),
        BreakDuration = TimeSpan.FromSeconds(options.BreakerPauseSeconds),

        // Too many calls (429) are one key's trouble, often a caller's own: they must not close the provider to all.
        ShouldHandle = static args => new(args.Outcome switch
        {
            { Exception: HttpRequestException or TimeoutRejectedException } => true,
            { Result.StatusCode: >= HttpStatusCode.InternalServerError } => true,
            _ => false,
        }),
        OnOpened = args => Circuit("open"),
        OnHalfOpened = _ => Circuit("half_open"),
        OnClosed = _ => Circuit("closed"),
    };

    private ValueTask Circuit(string state)
    {
        _events.CircuitChanged(_setup.Name, state);
        return default;
    }

    /// <summary>Whether a failure may pass by itself; the provider's own word on it counts first.</summary>
    private static bool IsPassing(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("x-should-retry", out var word) && bool.TryParse(word.First(), out var should)
            ? should && !answer.IsSuccessStatusCode
            : answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
                or (>= HttpStatusCode.InternalServerError and not (HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported));

    private static bool IsPassing(HttpRequestException error) =>
        error.HttpRequestError is not (HttpRequestError.SecureConnectionError or HttpRequestError.ConfigurationLimitExceeded
            or HttpRequestError.UserAuthenticationError or HttpRequestError.ProxyTunnelError);

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}

/// <summary>Hears what happens on a call's way.</summary>
internal interface IProviderEvents
{
    void Repeating(string provider, string reason, int attempt, TimeSpan delay);

    void CircuitChanged(string provider, string state);
}
