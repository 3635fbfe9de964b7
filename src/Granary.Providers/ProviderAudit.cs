namespace Granary.Providers;

/// <summary>Something that was done about providers.</summary>
/// <param name="Timestamp">When.</param>
/// <param name="Actor">Who: the name of the key, or anonymous.</param>
/// <param name="Action">What, by the permission that it needs: provider:register, provider:activate and so on.</param>
/// <param name="Provider">With which provider; null for all.</param>
/// <param name="Outcome">What came of it: ok, or the code of the error.</param>
internal sealed record ProviderAuditEntry(DateTimeOffset Timestamp, string Actor, string Action, string? Provider, string Outcome);

/// <summary>The last 10,000 things that were done about providers in this process. Holds no secrets. Thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class ProviderAudit(TimeProvider time)
{
    /// <summary>Entries that are kept.</summary>
    public const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<ProviderAuditEntry> _entries = new();

    /// <summary>Adds an entry.</summary>
    public void Add(string actor, string action, string? provider, string outcome)
    {
        lock (_gate)
        {
            if (_entries.Count == Capacity)
            {
                _entries.Dequeue();
            }

            _entries.Enqueue(new ProviderAuditEntry(time.GetUtcNow(), actor, action, provider, outcome));
        }
    }

    /// <summary>The youngest entries first.</summary>
    /// <param name="limit">How many at the most.</param>
    /// <param name="provider">Only those about this provider; null for all.</param>
    public IReadOnlyList<ProviderAuditEntry> Read(int limit, string? provider)
    {
        lock (_gate)
        {
            return [.. _entries.Reverse().Where(entry => provider is null || entry.Provider == provider).Take(limit)];
        }
    }
}
