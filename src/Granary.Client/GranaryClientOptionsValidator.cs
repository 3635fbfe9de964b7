using Microsoft.Extensions.Options;

namespace Granary.Client;

/// <summary>The rules of <see cref="GranaryClientOptions"/>, in messages that tell the fix.</summary>
internal sealed class GranaryClientOptionsValidator : IValidateOptions<GranaryClientOptions>
{
    /// <summary>The longest time that timers take.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    public ValidateOptionsResult Validate(string? name, GranaryClientOptions options) =>
        Check(options) is { Count: > 0 } failures ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;

    public static List<string> Check(GranaryClientOptions options)
    {
        var failures = new List<string>();
        CheckAddresses(options.BaseAddresses, failures);
        CheckId(options.TenantId, nameof(options.TenantId), failures);
        CheckId(options.UserId, nameof(options.UserId), failures);
        if (options.ApiKey is { } key && (key.Length == 0 || !IsVisibleAscii(key)))
            failures.Add("ApiKey must be visible ASCII characters without spaces; leave it null for a server without keys.");
        CheckTime(options.Timeout, nameof(options.Timeout), failures);
        CheckTime(options.AttemptTimeout, nameof(options.AttemptTimeout), failures);
        CheckTime(options.RetryDelay, nameof(options.RetryDelay), failures);
        CheckTime(options.MaxRetryDelay, nameof(options.MaxRetryDelay), failures);
        CheckTime(options.EventIdleTimeout, nameof(options.EventIdleTimeout), failures);
        if (options.EventReconnectTimeout != Timeout.InfiniteTimeSpan)
            CheckTime(options.EventReconnectTimeout, nameof(options.EventReconnectTimeout), failures);
        if (options.MaxRetryDelay < options.RetryDelay)
            failures.Add($"MaxRetryDelay ({options.MaxRetryDelay}) must be at least RetryDelay ({options.RetryDelay}).");
        if (options.MaxRetries is < 0 or > 100)
            failures.Add($"MaxRetries must be 0 to 100 but is {options.MaxRetries}.");
        if (options.TimeProvider is null)
            failures.Add("TimeProvider must be set; the default is TimeProvider.System.");
        return failures;
    }

    public static bool IsVisibleAscii(string value) => !value.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static void CheckAddresses(IList<Uri>? addresses, List<string> failures)
    {
        if (addresses is not { Count: > 0 })
        {
            failures.Add("BaseAddresses must have at least one address, for example http://127.0.0.1:8000.");
            return;
        }

        foreach (var address in addresses)
        {
            if (address is not { IsAbsoluteUri: true } || address.Scheme is not ("http" or "https"))
                failures.Add($"BaseAddresses has '{address}', which must be an absolute http or https address, for example http://127.0.0.1:8000.");
            else if (address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
                failures.Add($"BaseAddresses has an address of {address.Host} with a query, a fragment or a password; leave only scheme, host, port and path.");
        }
    }

    private static void CheckId(string? id, string name, List<string> failures)
    {
        if (id is not null && !Ids.IsValid(id))
            failures.Add($"{name} {Ids.Rule}; leave it null where the key or each call names it.");
    }

    private static void CheckTime(TimeSpan time, string name, List<string> failures)
    {
        if (time <= TimeSpan.Zero || time > Longest)
            failures.Add($"{name} must be more than 0 and at most {Longest.TotalDays:0} days but is {time}.");
    }
}
