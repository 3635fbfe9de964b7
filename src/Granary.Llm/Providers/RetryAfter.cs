using System.Globalization;
using System.Net.Http.Headers;

namespace Granary.Llm.Providers;

/// <summary>Reads when a provider wants to be asked again.</summary>
internal static class RetryAfter
{
    /// <summary>The wait, or null if the provider does not say: <c>retry-after-ms</c> (OpenAI, Azure), else <c>Retry-After</c> in seconds or as a date (RFC 9110, 10.2.3).</summary>
    public static TimeSpan? Of(HttpResponseHeaders headers, TimeProvider time)
    {
        if (headers.TryGetValues("retry-after-ms", out var values)
            && double.TryParse(values.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds is >= 0 and < 1e10)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        if (headers.RetryAfter is { } header)
        {
            return header.Delta ?? (header.Date is { } date ? Later(date - time.GetUtcNow()) : null);
        }

        return headers.TryGetValues("Retry-After", out values) ? Parse(values.First(), time) : null;
    }

    /// <summary>Reads the header's text; some providers write fractions of seconds.</summary>
    public static TimeSpan? Parse(string? text, TimeProvider time)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds is >= 0 and < 1e7 ? TimeSpan.FromSeconds(seconds) : null;
        }

        return DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Later(date - time.GetUtcNow())
            : null;
    }

    private static TimeSpan Later(TimeSpan wait) => wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
}
