using System.Globalization;
using System.Text.Json.Nodes;
using Granary.Http.Problems;
using Granary.Http.Serialization;
using Granary.Llm;
using Granary.Llm.Providers;
using Granary.Llm.Rendering;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>Metadata of the proxy's routes: whose dialect they speak, in errors too.</summary>
/// <param name="Dialect">The dialect.</param>
internal sealed record ProxyRoute(ChatDialect Dialect);

/// <summary>Errors of the proxy's routes in the shape that the dialect's official clients understand.</summary>
internal static class ProxyErrors
{
    /// <summary>Writes a problem as the whole answer. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, ChatDialect dialect, Problem problem, Exception? error)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers["X-Request-ID"] = TraceIds.Of(context);
        var wait = error switch
        {
            UnavailableException unavailable => unavailable.RetryAfter,
            ProviderException provider => provider.RetryAfter,
            _ => null,
        };
        if (wait is { } time)
        {
            headers.RetryAfter = RetryAfter(time);
        }

        if (error is AccessDeniedException { Code: ErrorCodes.Unauthorized })
        {
            headers.WWWAuthenticate = "Bearer realm=\"granary\"";
        }

        return WriteAsync(context, dialect, problem.Status, problem.Code, problem.Detail);
    }

    public static Task WriteAsync(HttpContext context, ChatDialect dialect, int status, string code, string message) =>
        JsonAnswer.WriteAsync(context, ProxyJson.ToBytes(ChatRenderers.For(dialect).RenderError(status, code, message)), status);

    /// <summary>What a provider's error says, whatever its dialect.</summary>
    /// <returns>Its code and its message; a text of ours where it says nothing that can be read.</returns>
    public static (string Code, string Message) Read(ReadOnlySpan<byte> body, int status)
    {
        const int MaxText = 2_000;
        try
        {
            var json = JsonNode.Parse(body);
            var holder = json is JsonArray { Count: > 0 } array ? array[0] : json;
            var error = (holder as JsonObject)?["error"];
            if (error is JsonValue plain && plain.TryGetValue<string>(out var text))
            {
                return ("provider_error", text);
            }

            if (((error as JsonObject)?["message"] ?? (holder as JsonObject)?["message"]) is JsonValue value && value.TryGetValue<string>(out var message))
            {
                var code = new[] { "code", "type", "status" }
                    .Select(name => (error as JsonObject)?[name] is JsonValue item && item.TryGetValue<string>(out var name2) ? name2 : null)
                    .FirstOrDefault(name => name is not null);
                return (code ?? "provider_error", message.Length > MaxText ? message[..MaxText] : message);
            }
        }
        catch (System.Text.Json.JsonException)
        {
            // No JSON: a page of something on the way.
        }
        catch (ArgumentException)
        {
            // A name twice: nothing to rely on.
        }

        return ("provider_error", string.Create(CultureInfo.InvariantCulture, $"The provider answered {status}."));
    }

    /// <summary>Whole seconds, at least one, rounded up so that nobody comes back too early.</summary>
    private static string RetryAfter(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
