namespace Granary.Providers.Chain;

/// <summary>How an operation is tried.</summary>
/// <param name="Strategy">In which order providers are tried.</param>
/// <param name="Attempts">How often one provider is tried before the next, 1 or more.</param>
/// <param name="RetryDelay">The pause before the same provider is tried again.</param>
/// <param name="Timeout">How long one try may take.</param>
public sealed record FailoverRule(FailoverStrategy Strategy, int Attempts, TimeSpan RetryDelay, TimeSpan Timeout)
{
    /// <summary>
    /// The rule that holds unless settings say otherwise. Reading one memory is tried as listing is, erasing as deleting is, with more time.
    /// </summary>
    public static FailoverRule DefaultOf(MemoryOperation operation) => operation switch
    {
        MemoryOperation.Remember => Rule(FailoverStrategy.Hybrid, 3, 100, 5_000),
        MemoryOperation.Recall => Rule(FailoverStrategy.PerformanceBased, 2, 50, 3_000),
        MemoryOperation.Delete => Rule(FailoverStrategy.PriorityBased, 3, 100, 2_000),
        MemoryOperation.Erase => Rule(FailoverStrategy.PriorityBased, 3, 100, 30_000),
        MemoryOperation.HealthCheck => Rule(FailoverStrategy.RoundRobin, 1, 0, 1_000),
        _ => Rule(FailoverStrategy.HealthBased, 2, 50, 3_000),
    };

    private static FailoverRule Rule(FailoverStrategy strategy, int attempts, int delayMs, int timeoutMs) =>
        new(strategy, attempts, TimeSpan.FromMilliseconds(delayMs), TimeSpan.FromMilliseconds(timeoutMs));
}
