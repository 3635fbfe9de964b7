namespace Granary.Providers.Chain;

/// <summary>Checks how providers are.</summary>
internal sealed class ProviderChecks(HealthMonitor monitor, FailoverManager failover, TimeProvider time)
{
    /// <summary>Asks a provider how it is, at most as long as the rule of health checks says, and takes note of it.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<ProviderHealth> CheckAsync(ChainMember member, CancellationToken cancellationToken)
    {
        if (member.State.Provider is null)
        {
            return Ill(member, 0, $"This process has no connection '{member.Entry.ConnectionName}'.");
        }

        var health = await AskAsync(member, null, cancellationToken).ConfigureAwait(false);
        member.State.LastCheck = new HealthCheck(time.GetUtcNow(), health);
        monitor.AddCheck(member.Name, health.ResponseTimeMs, health.Healthy);
        return health;
    }

    /// <summary>Asks a provider how many memories of a user it keeps. What goes wrong may concern that user only, so nothing is taken note of.</summary>
    /// <returns>The number; null where it does not say.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<int?> CountAsync(ChainMember member, UserKey user, CancellationToken cancellationToken) =>
        member.State.Provider is null ? null : (await AskAsync(member, user, cancellationToken).ConfigureAwait(false)).TotalMemories;

    private async Task<ProviderHealth> AskAsync(ChainMember member, UserKey? user, CancellationToken cancellationToken)
    {
        var limit = failover.RuleOf(MemoryOperation.HealthCheck).Timeout;
        var began = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var told = await member.State.Provider!.CheckHealthAsync(user, both.Token).WaitAsync(both.Token).ConfigureAwait(false);
            return told with { Provider = member.Name, ResponseTimeMs = Ms(began) };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            return Ill(member, Ms(began), $"It did not answer within {limit.TotalSeconds:0.###} s.");
        }
        catch (Exception failure)
        {
            // What a health check must not do. The message may hold anything.
            return Ill(member, Ms(began), failure is MemoryException known ? known.Message : "The check failed in an unexpected way.");
        }
    }

    private static ProviderHealth Ill(ChainMember member, double ms, string error) =>
        new() { Healthy = false, Provider = member.Name, ResponseTimeMs = ms, Error = error };

    private double Ms(long began) => Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 3);
}
