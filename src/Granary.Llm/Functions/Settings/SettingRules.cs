using Granary.Llm.Providers;

namespace Granary.Llm.Functions.Settings;

/// <summary>Rules that settings of several kinds of sources share. No message has a value that could be a secret.</summary>
internal static class SettingRules
{
    private const double MaxSeconds = 3_600;

    /// <summary>What is wrong with an address; null if nothing is, or there is none.</summary>
    public static string? Address(string path, string? value) =>
        string.IsNullOrWhiteSpace(value) || (Uri.TryCreate(value.Trim(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0)
            ? null
            : $"{path} must be an address that begins with http:// or https:// and has no user; a key belongs into Headers.";

    /// <summary>What is wrong with headers.</summary>
    public static IEnumerable<string> Headers(string path, IDictionary<string, string> headers)
    {
        foreach (var (name, value) in headers)
        {
            if (!ProviderHeaders.IsName(name))
            {
                yield return $"{path}:Headers has '{name}', which is no name of a header; write letters, digits and '-'.";
            }
            else if (name.Equals("Host", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                yield return $"{path}:Headers:{name} is a header that the client sets itself; remove it.";
            }
            else if (value is null || !ProviderHeaders.IsValue(value))
            {
                yield return $"{path}:Headers:{name} must have a value of printable ASCII characters on one line.";
            }
        }
    }

    /// <summary>What is wrong with times.</summary>
    public static IEnumerable<string> Seconds(string path, params (string Name, double Value)[] times) =>
        from time in times where time.Value is not (> 0 and <= MaxSeconds) select $"{path}:{time.Name} must be above 0 and at most {MaxSeconds}.";
}
