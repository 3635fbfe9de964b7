using Granary.Http.Endpoints.Memories;
using Granary.Http.Identity;
using Granary.Http.Limits;
using Granary.Http.Proxy;
using Microsoft.Extensions.Options;

namespace Granary.Http;

/// <summary>Settings of the HTTP API (<c>Granary:*</c>).</summary>
public sealed class GranaryHttpOptions
{
    /// <summary>The keys that callers may present; none: callers need no key and the API protects itself against web pages.</summary>
    public IList<ApiKeyOptions> Keys { get; set; } = [];

    /// <summary>
    /// Without keys: names under which the server may be called besides localhost and loopback addresses, <c>*</c> for any name.
    /// </summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>
    /// Without keys: whether the server is meant to be reached from other machines, so that addresses and names without a dot may be used
    /// to call it.
    /// </summary>
    public bool BeyondLoopback { get; set; }

    /// <summary>Limits of calls.</summary>
    public RateLimitOptions RateLimits { get; set; } = new();

    /// <summary>Requests that may run at a time, 1 to 1,000,000; more are answered 429. Health and event feeds do not count.</summary>
    public int MaxConcurrentRequests { get; set; } = 10_000;

    /// <summary>Event feeds that may be open at a time, 0 to 1,000,000; more are answered 429.</summary>
    public int MaxEventStreams { get; set; } = 1_000;

    /// <summary>Seconds after which an idle event feed gets a comment, so that nothing on the way closes it; 1 to 3,600.</summary>
    public int EventHeartbeatSeconds { get; set; } = 15;

    /// <summary>The largest body of <c>POST /sessions/import</c> and <c>POST /memory/import</c> in bytes, 1 KiB or more; 1 GiB by default.</summary>
    public long MaxImportBytes { get; set; } = 1L << 30;

    /// <summary>The memory proxy.</summary>
    public ProxyOptions Proxy { get; set; } = new();

    /// <summary>Answers of <c>POST /memory/retrieve</c>.</summary>
    public RetrievalOptions Retrieval { get; set; } = new();

    /// <summary>Enrichment of contexts.</summary>
    public EnrichmentOptions Enrichment { get; set; } = new();

    /// <summary>Seconds that reading what is known of a user, or recalling for a context, may take before the context comes without, 0.1 to 60; 5 by default.</summary>
    public double LongTermTimeoutSeconds { get; set; } = 5;

    /// <summary>Sessions that <c>POST /summaries</c> answers where the request does not say, and that contexts tell of, 1 to 100.</summary>
    public int DefaultSummaries { get; set; } = 5;
}

/// <summary>Refuses wrong settings at the start, each with the setting's name and the fix.</summary>
internal sealed class GranaryHttpOptionsValidator : IValidateOptions<GranaryHttpOptions>
{
    public ValidateOptionsResult Validate(string? name, GranaryHttpOptions options)
    {
        var failures = Check(options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Check(GranaryHttpOptions options)
    {
        foreach (var failure in options.Keys.SelectMany((key, index) => key.Validate($"Granary:Keys:{index}")))
        {
            yield return failure;
        }

        foreach (var twice in options.Keys.GroupBy(key => key.Hash, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            yield return $"Granary:Keys has the hash {twice.Key} {twice.Count()} times; remove all but one.";
        }

        foreach (var failure in options.RateLimits.Validate("Granary:RateLimits"))
        {
            yield return failure;
        }

        if (options.MaxConcurrentRequests is < 1 or > 1_000_000)
        {
            yield return "Granary:MaxConcurrentRequests must be 1 to 1000000.";
        }

        if (options.MaxEventStreams is < 0 or > 1_000_000)
        {
            yield return "Granary:MaxEventStreams must be 0 to 1000000.";
        }

        if (options.EventHeartbeatSeconds is < 1 or > 3_600)
        {
            yield return "Granary:EventHeartbeatSeconds must be 1 to 3600.";
        }

        if (options.MaxImportBytes < 1024)
        {
            yield return "Granary:MaxImportBytes must be 1024 or more.";
        }

        foreach (var failure in options.Proxy.Validate("Granary:Proxy"))
        {
            yield return failure;
        }

        if (options.LongTermTimeoutSeconds is not (>= 0.1 and <= 60))
        {
            yield return "Granary:LongTermTimeoutSeconds must be 0.1 to 60.";
        }

        foreach (var failure in options.Retrieval.Validate("Granary:Retrieval").Concat(options.Enrichment.Validate("Granary:Enrichment")))
        {
            yield return failure;
        }

        if (options.DefaultSummaries is < 1 or > 100)
        {
            yield return "M_SESSIONS_RECENT (Granary:SessionsRecent) must be 1 to 100.";
        }
    }
}
