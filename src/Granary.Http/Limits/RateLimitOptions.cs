namespace Granary.Http.Limits;

/// <summary>Limits of calls (<c>Granary:RateLimits</c>). Each is off unless it is set.</summary>
public sealed class RateLimitOptions
{
    /// <summary>For each key.</summary>
    public TokenBucketOptions? PerKey { get; set; }

    /// <summary>For each tenant.</summary>
    public TokenBucketOptions? PerTenant { get; set; }

    /// <summary>For each user of a tenant. In a batch every item counts.</summary>
    public TokenBucketOptions? PerUser { get; set; }

    internal IEnumerable<string> Validate(string path) =>
        (PerKey?.Validate($"{path}:PerKey") ?? [])
            .Concat(PerTenant?.Validate($"{path}:PerTenant") ?? [])
            .Concat(PerUser?.Validate($"{path}:PerUser") ?? []);
}

/// <summary>A token bucket: a call takes a token, tokens come back at a steady rate.</summary>
public sealed class TokenBucketOptions
{
    /// <summary>Calls per second in the long run, 1 to 1,000,000.</summary>
    public int PerSecond { get; set; }

    /// <summary>Calls that may come at once, 1 to 10,000,000; 0 means twice <see cref="PerSecond"/>.</summary>
    public int Burst { get; set; }

    /// <summary>The size of the bucket.</summary>
    internal int Size => Burst == 0 ? 2 * PerSecond : Burst;

    internal IEnumerable<string> Validate(string path)
    {
        if (PerSecond is < 1 or > 1_000_000)
        {
            yield return $"{path}:PerSecond must be 1 to 1000000; leave the section out for no limit.";
        }

        if (Burst is < 0 or > 10_000_000)
        {
            yield return $"{path}:Burst must be 0 (twice PerSecond) to 10000000.";
        }
    }
}
