using System.Threading.RateLimiting;
using Granary.Http.Identity;
using Microsoft.Extensions.Options;

namespace Granary.Http.Limits;

/// <summary>Refuses what goes beyond the configured limits with <see cref="ErrorCodes.RateLimited"/>. A limit that is off costs nothing.</summary>
internal sealed class RequestLimits : IDisposable
{
    private readonly PartitionedRateLimiter<Caller>? _perKey;
    private readonly PartitionedRateLimiter<string>? _perTenant;
    private readonly PartitionedRateLimiter<UserKey>? _perUser;
    private readonly int _maxRequests;
    private readonly int _maxEventStreams;
    private int _requests;
    private int _eventStreams;

    public RequestLimits(IOptions<GranaryHttpOptions> options)
    {
        var limits = options.Value.RateLimits;
        _perKey = Limiter<Caller>(limits.PerKey);
        _perTenant = Limiter<string>(limits.PerTenant);
        _perUser = Limiter<UserKey>(limits.PerUser);
        _maxRequests = options.Value.MaxConcurrentRequests;
        _maxEventStreams = options.Value.MaxEventStreams;
    }

    /// <summary>Takes a place among the requests that run; give it back with <see cref="LeaveRequest"/>.</summary>
    public void EnterRequest() => Enter(ref _requests, _maxRequests, "requests at a time");

    public void LeaveRequest() => Interlocked.Decrement(ref _requests);

    /// <summary>Takes a place among the event feeds; give it back with <see cref="LeaveEventStream"/>.</summary>
    public void EnterEventStream() => Enter(ref _eventStreams, _maxEventStreams, "event feeds at a time");

    public void LeaveEventStream() => Interlocked.Decrement(ref _eventStreams);

    public void AcquireCaller(Caller caller) => Acquire(_perKey, caller, "calls of this key");

    public void AcquireTenant(string tenant) => Acquire(_perTenant, tenant, "calls of this tenant");

    public void AcquireUser(UserKey user) => Acquire(_perUser, user, "calls of this user");

    /// <summary>Whether calls are counted by tenant.</summary>
    public bool CountsTenants => _perTenant is not null;

    public void Dispose()
    {
        _perKey?.Dispose();
        _perTenant?.Dispose();
        _perUser?.Dispose();
    }

    private static void Enter(ref int count, int max, string what)
    {
        if (Interlocked.Increment(ref count) > max)
        {
            Interlocked.Decrement(ref count);
            throw new UnavailableException(ErrorCodes.RateLimited, $"There are too many {what}.", TimeSpan.FromSeconds(1));
        }
    }

    private static void Acquire<TKey>(PartitionedRateLimiter<TKey>? limiter, TKey key, string what)
    {
        if (limiter is null)
        {
            return;
        }

        using var lease = limiter.AttemptAcquire(key);
        if (!lease.IsAcquired)
        {
            var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var time) ? time : TimeSpan.FromSeconds(1);
            throw new UnavailableException(ErrorCodes.RateLimited, $"There are too many {what}.", wait);
        }
    }

    private static PartitionedRateLimiter<TKey>? Limiter<TKey>(TokenBucketOptions? bucket)
        where TKey : notnull => bucket is null ? null : PartitionedRateLimiter.Create<TKey, TKey>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => Bucket(bucket)));

    /// <summary>
    /// A bucket is filled in whole tokens, so it is filled as often as its rate can be divided, up to ten times a second: a steady caller is
    /// not stopped for most of a second, and the rate is met exactly.
    /// </summary>
    private static TokenBucketRateLimiterOptions Bucket(TokenBucketOptions bucket)
    {
        int[] oftenest = [10, 5, 4, 2, 1];
        var times = oftenest.First(times => bucket.PerSecond % times == 0);
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = bucket.Size,
            TokensPerPeriod = bucket.PerSecond / times,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / times),
            QueueLimit = 0,
            AutoReplenishment = true,
        };
    }
}
