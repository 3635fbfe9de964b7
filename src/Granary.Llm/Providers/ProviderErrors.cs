using System.Text;
using System.Text.Json;

namespace Granary.Llm.Providers;

/// <summary>Makes exceptions of what providers answer.</summary>
internal static class ProviderErrors
{
    private const int MaxMessageLength = 500;

    private const int MaxBodyBytes = 64 * 1024;

    /// <summary>Reads a refusal.</summary>
    public static async Task<ProviderException> ReadAsync(string provider, RawAnswer answer, CancellationToken cancellationToken)
    {
        var body = new byte[MaxBodyBytes];
        int length;
        try
        {
            length = await answer.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            length = 0;
        }

        var message = MessageOf(body.AsMemory(0, length));
        return new ProviderException(
            provider,
            $"The provider '{provider}' answered {answer.Status}{(message.Length > 0 ? $": {message}" : ".")}",
            answer.Status,
            answer.RetryAfter);
    }

    /// <summary>An answer that began and did not come to its end.</summary>
    public static ProviderException BrokenOff(string provider, Exception error) => new(
        provider,
        $"The answer of the provider '{provider}' broke off{(error is SilentProviderException ? $": {error.Message}" : ".")}",
        error is SilentProviderException ? 504 : 502,
        innerException: error);

    /// <summary>Whether another provider may do what this one did not: it is not the request that is wrong.</summary>
    public static bool MayFallBack(ProviderException error) => error.Status is 401 or 403 or 404 or 408 or 429 or >= 500;

    /// <summary>What a body says went wrong, in any of the providers' shapes; the beginning of the body where it has none of them.</summary>
    public static string MessageOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;

            // Gemini answers a list with one error where a stream was asked for.
            root = root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 ? root[0] : root;
            if (root.ValueKind == JsonValueKind.Object)
            {
                var error = root.TryGetProperty("error", out var inner) ? inner : root;
                var text = error.ValueKind switch
                {
                    JsonValueKind.String => error.GetString(),
                    JsonValueKind.Object when error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String => message.GetString(),
                    JsonValueKind.Object when error.TryGetProperty("detail", out var detail) => detail.ToString(),
                    _ => null,
                };
                if (text is not null)
                {
                    return Clip(text);
                }
            }
        }
        catch (JsonException)
        {
            // Some proxy's page, or half an answer.
        }

        return Clip(Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, 4 * MaxMessageLength)]));
    }

    private static string Clip(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MaxMessageLength ? line : line[..(char.IsHighSurrogate(line[MaxMessageLength - 1]) ? MaxMessageLength - 1 : MaxMessageLength)] + "\u2026";
    }
}
