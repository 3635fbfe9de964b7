using System.Globalization;
using System.Net.Http.Headers;

namespace Granary.Llm.Providers;

/// <summary>Reads when a provider wants to be asked again.</summary>
internal static class RetryAfter
{
    /// <summary>The wait, or null if the provider does not say: <c>retry-after-ms</c> (OpenAI, Azure), else <c>Retry-After</c> in seconds or as a date (RFC 9110, 10.2.3).</summary>
    public static TimeSpan? Of(HttpResponseHeaders headers, TimeProvider time) =>
        Of(name => headers.TryGetValues(name, out var values) ? values.First() : null, time);

    /// <summary>The same of headers wherever they are.</summary>
    /// <param name="header">Finds a header by its name, in small letters or not; null if it is not there.</param>
    /// <param name="time">The clock.</param>
    public static TimeSpan? Of(Func<string, string?> header, TimeProvider time) =>
        double.TryParse(header("retry-after-ms"), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 0 and < 1e10
            ? TimeSpan.FromMilliseconds(milliseconds)
            : Parse(header("Retry-After"), time);

    /// <summary>Reads the header's text; some providers write fractions of seconds.</summary>
    private static TimeSpan? Parse(string? text, TimeProvider time)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds is >= 0 and < 1e7 ? TimeSpan.FromSeconds(seconds) : null;
        }

        return RetryConditionHeaderValue.TryParse(text, out var wait) && wait.Date is { } date ? Later(date - time.GetUtcNow()) : null;
    }

    private static TimeSpan Later(TimeSpan wait) => wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
}
