using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace Granary.Providers.Chain;

/// <summary>
/// Asks the providers of a chain: in the order of the operation's strategy, each as often and as long as its rule says, until one answers. Providers
/// that fail too often are left alone for a while. Thread-safe.
/// </summary>
internal sealed partial class FailoverManager(
    ProviderRegistry registry,
    HealthMonitor monitor,
    IReadOnlyDictionary<MemoryOperation, FailoverRule> rules,
    TimeProvider time,
    ILogger<FailoverManager> logger)
{
    private readonly ConcurrentDictionary<MemoryOperation, StrongBox<int>> _turns = new();
    private long _calls;
    private long _failures;
    private long _fallbacks;

    /// <summary>The last calls.</summary>
    public CallHistory History { get; } = new();

    /// <summary>Calls, those that no provider could answer, and those that another than the first choice answered.</summary>
    public (long Calls, long Failures, long Fallbacks) Totals => (Volatile.Read(ref _calls), Volatile.Read(ref _failures), Volatile.Read(ref _fallbacks));

    /// <summary>The rule of an operation.</summary>
    public FailoverRule RuleOf(MemoryOperation operation) => rules[operation];

    /// <summary>The providers in use, in the order in which an operation tries them. One whose last health check was not well comes after all others.</summary>
    public IReadOnlyList<ChainMember> Order(MemoryOperation operation)
    {
        var now = time.GetUtcNow();
        var inUse = registry.Members.Where(member => member.IsInUse).ToList();
        IEnumerable<ChainMember> ordered = rules[operation].Strategy switch
        {
            FailoverStrategy.HealthBased => inUse.OrderByDescending(HealthOf),
            FailoverStrategy.PerformanceBased => inUse.OrderByDescending(member => PerformanceOf(member, now)),
            FailoverStrategy.Hybrid => inUse.OrderByDescending(
                member => ProviderScores.Hybrid(HealthOf(member), PerformanceOf(member, now), member.Entry.Priority)),
            FailoverStrategy.RoundRobin => InTurn(operation, inUse),
            _ => inUse,
        };
        return [.. ordered.OrderBy(member => member.StatusAt(now) == ProviderStatus.Error)];
    }

    /// <summary>Has one provider answer.</summary>
    /// <param name="operation">What is done.</param>
    /// <param name="order">The providers, in the order in which to try them.</param>
    /// <param name="attempts">How often to try a provider at the most; the operation's rule and the provider's entry may say less.</param>
    /// <param name="call">Does it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <param name="passesOver">Whether a refusal concerns only the provider that refused, so that the next is asked; null: none does.</param>
    /// <exception cref="UnavailableException">None could.</exception>
    /// <exception cref="MemoryException">A provider answered that the call is at fault, or all were passed over: then the first refusal.</exception>
    public async Task<ProviderAnswer<T>> RunAsync<T>(
        MemoryOperation operation,
        IReadOnlyList<ChainMember> order,
        Func<ChainMember, int> attempts,
        Func<ChainMember, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken,
        Func<MemoryException, bool>? passesOver = null)
    {
        Interlocked.Increment(ref _calls);
        var began = time.GetTimestamp();
        var tries = 0;
        var reasons = new List<string>();
        MemoryException? passedOver = null;
        foreach (var member in order)
        {
            Attempt<T> attempt;
            try
            {
                attempt = await TryAsync(operation, member, attempts(member), call, cancellationToken).ConfigureAwait(false);
            }
            catch (MemoryException refusal) when (passesOver?.Invoke(refusal) == true)
            {
                passedOver ??= refusal;
                tries++;
                continue;
            }

            tries += attempt.Tries;
            if (attempt.Succeeded)
            {
                var fallback = reasons.Count > 0 || passedOver is not null;
                if (fallback)
                {
                    Interlocked.Increment(ref _fallbacks);
                    ProvidersInstruments.FellBack(operation);
                    LogFellBack(logger, operation, member.Name, order[0].Name);
                }

                return new ProviderAnswer<T>(attempt.Result!, MetadataOf(member.Name, began, tries, fallback));
            }

            reasons.Add($"'{member.Name}' {attempt.Reason}");
        }

        if (passedOver is not null && reasons.Count == 0)
        {
            ExceptionDispatchInfo.Throw(passedOver);
        }

        Interlocked.Increment(ref _failures);
        throw None(reasons, order.Select(member => member.State.BreakerOf(operation).OpenUntil));
    }

    /// <summary>Tries one provider as often as the operation's rule and its entry allow.</summary>
    /// <exception cref="MemoryException">The provider answered that the call is at fault.</exception>
    public async Task<Attempt<T>> TryAsync<T>(
        MemoryOperation operation, ChainMember member, int attempts, Func<ChainMember, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        if (member.State.Provider is null)
        {
            return new Attempt<T>(0, false, default, $"has the connection '{member.Entry.ConnectionName}', which this process does not have");
        }

        var rule = rules[operation];
        var most = Math.Min(attempts, Math.Min(rule.Attempts, member.Entry.RetryAttempts));
        (string? reason, string? plain) = (null, null);
        for (var tries = 0; ; tries++)
        {
            if (tries == most)
            {
                return new Attempt<T>(tries, false, default, reason) { PlainReason = plain };
            }

            if (tries > 0)
            {
                await Task.Delay(rule.RetryDelay, time, cancellationToken).ConfigureAwait(false);
            }

            if (!member.State.BreakerOf(operation).TryEnter())
            {
                return new Attempt<T>(tries, false, default, reason ?? "is left alone for now, since it failed several times") { PlainReason = plain };
            }

            (var succeeded, var result, reason, plain) = await OnceAsync(operation, member, rule, call, cancellationToken).ConfigureAwait(false);
            if (succeeded)
            {
                return new Attempt<T>(tries + 1, true, result, null);
            }
        }
    }

    /// <summary>The metadata of an answer.</summary>
    public SubstrateMetadata MetadataOf(string provider, long began, int tries, bool fallback) =>
        new(provider, Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 3), time.GetUtcNow(), tries, fallback);

    /// <summary>The error of a call that no provider could answer.</summary>
    public UnavailableException None(IReadOnlyCollection<string> reasons, IEnumerable<DateTimeOffset?> openUntil)
    {
        var waits = openUntil.ToList();
        var retry = waits.Count > 0 && waits.TrueForAll(until => until is not null) ? waits.Min()!.Value - time.GetUtcNow() : TimeSpan.FromSeconds(1);
        var why = reasons.Count == 0 ? "none is in use" : string.Join("; ", reasons);
        return new UnavailableException(ErrorCodes.ProviderUnavailable, $"No memory provider could do it: {why}.", retry > TimeSpan.Zero ? retry : TimeSpan.FromSeconds(1));
    }

    private async Task<(bool Succeeded, T? Result, string? Reason, string? PlainReason)> OnceAsync<T>(
        MemoryOperation operation, ChainMember member, FailoverRule rule, Func<ChainMember, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var breaker = member.State.BreakerOf(operation);
        var limit = TimeSpan.FromSeconds(Math.Min(rule.Timeout.TotalSeconds, member.Entry.Timeout));
        var began = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            // The wait ends in time also where a provider does not listen to its token.
            var result = await call(member, both.Token).WaitAsync(both.Token).ConfigureAwait(false);
            breaker.Succeeded();
            Note(operation, member, began, succeeded: true);
            return (true, result, null, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            breaker.Abandoned();
            throw;
        }
        catch (Exception refusal) when (refusal is MemoryException and not UnavailableException)
        {
            breaker.Refused();
            ProvidersInstruments.Called(member.Name, operation, "refused", time.GetElapsedTime(began).TotalMilliseconds);
            throw;
        }
        catch (Exception failure)
        {
            var late = failure is OperationCanceledException && deadline.IsCancellationRequested;
            var reason = late ? $"did not answer within {limit.TotalSeconds:0.###} s"
                : failure is UnavailableException unavailable ? $"failed ({unavailable.Message.TrimEnd('.')})"
                : "failed in an unexpected way";

            // What a service said may hold what users wrote. The caller is told; the log is not.
            var plain = failure is UnavailableException { InnerException: HttpRequestException { StatusCode: { } status } } ? $"failed (HTTP {(int)status})" : reason;
            breaker.Failed();
            Note(operation, member, began, succeeded: false);
            LogFailed(logger, failure is UnavailableException || late ? null : failure, member.Name, operation, plain);
            return (false, default, reason, plain);
        }
    }

    private void Note(MemoryOperation operation, ChainMember member, long began, bool succeeded)
    {
        var ms = time.GetElapsedTime(began).TotalMilliseconds;
        History.Add(member.Name, time.GetUtcNow(), ms, succeeded);
        monitor.AddCall(member.Name, ms, succeeded);
        ProvidersInstruments.Called(member.Name, operation, succeeded ? "ok" : "failed", ms);
    }

    private double HealthOf(ChainMember member) => monitor.FiguresOf(member.Name).Score;

    private double PerformanceOf(ChainMember member, DateTimeOffset now) => History.FiguresOf(member.Name, now).Performance;

    private IEnumerable<ChainMember> InTurn(MemoryOperation operation, List<ChainMember> inUse)
    {
        if (inUse.Count == 0)
        {
            return inUse;
        }

        var turn = (int)((uint)(Interlocked.Increment(ref _turns.GetOrAdd(operation, static _ => new StrongBox<int>()).Value) - 1) % (uint)inUse.Count);
        return inUse.Skip(turn).Concat(inUse.Take(turn));
    }

    [LoggerMessage(1, LogLevel.Warning, "The memory provider {Provider} failed at {Operation}: it {Reason}")]
    private static partial void LogFailed(ILogger logger, Exception? exception, string provider, MemoryOperation operation, string reason);

    [LoggerMessage(2, LogLevel.Information, "{Operation} was answered by the memory provider {Provider} in place of {First}")]
    private static partial void LogFellBack(ILogger logger, MemoryOperation operation, string provider, string first);
}

/// <summary>What came of asking one provider.</summary>
/// <param name="Tries">How often it was asked.</param>
/// <param name="Succeeded">Whether it answered.</param>
/// <param name="Result">The answer.</param>
/// <param name="Reason">Why there is none, in words.</param>
internal readonly record struct Attempt<T>(int Tries, bool Succeeded, T? Result, string? Reason)
{
    /// <summary>As <see cref="Reason"/>, without anything that a service said: for logs.</summary>
    public string? PlainReason
    {
        get => field ?? Reason;
        init;
    }
}
