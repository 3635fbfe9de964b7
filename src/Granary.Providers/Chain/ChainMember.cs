namespace Granary.Providers.Chain;

/// <summary>A provider of a chain as it is at a moment. Immutable but for its state.</summary>
/// <param name="Entry">What was set or registered.</param>
/// <param name="FromSettings">Whether it stands in the settings, so that it cannot be removed.</param>
/// <param name="PassedOver">Whether an administrator failed over from it.</param>
/// <param name="State">What this process knows of it.</param>
internal sealed record ChainMember(ProviderEntry Entry, bool FromSettings, bool PassedOver, MemberState State)
{
    public string Name => Entry.Name;

    /// <summary>Whether it may be asked to keep and find.</summary>
    public bool IsInUse => Entry.Enabled && !PassedOver && State.Provider is not null;

    /// <summary>What it is at.</summary>
    public ProviderStatus StatusAt(DateTimeOffset now)
    {
        if (!Entry.Enabled || PassedOver)
        {
            return ProviderStatus.Inactive;
        }

        if (State.Provider is null)
        {
            return ProviderStatus.Unknown;
        }

        return State.LastCheck switch
        {
            null => ProviderStatus.Registered,
            { } check when now - check.At > 3 * TimeSpan.FromSeconds(Entry.HealthCheckInterval) => ProviderStatus.Unknown,
            { Health.Healthy: true } => ProviderStatus.Active,
            _ => ProviderStatus.Error,
        };
    }
}

/// <summary>What a process knows of a provider as long as it has the same connection.</summary>
internal sealed class MemberState
{
    private readonly CircuitBreaker[] _breakers;
    private readonly Func<IMemoryProvider>? _provider;

    /// <param name="provider">Gives the provider; null where this process has no such connection.</param>
    /// <param name="takesIds">Whether it takes ids.</param>
    /// <param name="breaker">Makes a breaker.</param>
    public MemberState(Func<IMemoryProvider>? provider, bool takesIds, Func<CircuitBreaker> breaker)
    {
        _provider = provider;
        TakesIds = takesIds;
        _breakers = [.. Enum.GetValues<MemoryOperation>().Select(_ => breaker())];
    }

    /// <summary>The provider, or null where this process has no such connection.</summary>
    public IMemoryProvider? Provider => _provider?.Invoke();

    public bool TakesIds { get; }

    /// <summary>What the last check found, or null.</summary>
    public HealthCheck? LastCheck { get; set; }

    public CircuitBreaker BreakerOf(MemoryOperation operation) => _breakers[(int)operation];
}

/// <summary>What a check of a provider's health found.</summary>
/// <param name="At">When.</param>
/// <param name="Health">What.</param>
internal sealed record HealthCheck(DateTimeOffset At, ProviderHealth Health);
