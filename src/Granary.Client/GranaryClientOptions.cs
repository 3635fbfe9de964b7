using Microsoft.Extensions.Options;

namespace Granary.Client;

/// <summary>Where the service is, who calls it, and how patient the caller is. Read once, when the client is made.</summary>
public sealed class GranaryClientOptions
{
    /// <summary>
    /// The service's addresses, at least one, for example <c>http://127.0.0.1:8000</c>; each may have a path, never a query. Calls go to the
    /// one that answered last and move to the next when it cannot be reached or answers 503.
    /// </summary>
    public IList<Uri> BaseAddresses { get; set; } = [];

    /// <summary>The tenant (<c>X-Tenant-ID</c>), or null: the one of <see cref="ApiKey"/>, or <see cref="Ids.DefaultTenant"/>.</summary>
    public string? TenantId { get; set; }

    /// <summary>The user (<c>X-User-ID</c>) of calls that name none, or null: the one of <see cref="ApiKey"/>.</summary>
    public string? UserId { get; set; }

    /// <summary>The key sent as <c>Authorization: Bearer</c>, or null for a server without keys.</summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// How long a call may take, all its attempts and pauses together. Default 30 seconds. Transfers (export, import, events) are not bound
    /// by it as a whole; there it bounds the wait for the answer to begin, and each pause of a transfer.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one attempt of a call that is safe to repeat may take before the next is made. Default 10 seconds. Calls that are not safe
    /// to repeat have the whole of <see cref="Timeout"/>.
    /// </summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a call may be repeated after its first attempt, over all addresses, 0 to 100. Default 4.</summary>
    public int MaxRetries { get; set; } = 4;

    /// <summary>
    /// The pause before the first repeat, doubled with each further one. Default 200 ms. Each pause is spread at random over its upper half;
    /// a longer <c>Retry-After</c> wins. Moving on to an address that was not tried yet takes no pause.
    /// </summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause of the client's own making. Default 5 seconds.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an event feed may be silent before its connection counts as lost. Default 45 seconds: three of the service's heartbeats.
    /// </summary>
    public TimeSpan EventIdleTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>
    /// How long an event feed tries to reconnect before it gives up. Default 5 minutes;
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.
    /// </summary>
    public TimeSpan EventReconnectTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The clock of deadlines and pauses.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Checks all settings.</summary>
    /// <exception cref="OptionsValidationException">Some are wrong; each is named, with the fix.</exception>
    public void Validate()
    {
        var failures = GranaryClientOptionsValidator.Check(this);
        if (failures.Count > 0)
            throw new OptionsValidationException(nameof(GranaryClientOptions), typeof(GranaryClientOptions), failures);
    }
}
