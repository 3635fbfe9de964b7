using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>An operation of an HTTP API as a function.</summary>
internal sealed class OpenApiFunction(
    string name,
    string description,
    JsonElement parameters,
    OpenApiCall call,
    OpenApiOptions options,
    HttpClient client,
    TimeProvider time) : AgentFunction(name, description, parameters)
{
    private protected override async ValueTask<string> InvokeCoreAsync(JsonElement arguments, FunctionScope scope, CancellationToken cancellationToken)
    {
        using var request = OpenApiRequests.Create(call, arguments, scope);
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (options.Authorize is { } authorize)
            {
                await authorize(request, scope, ended.Token).ConfigureAwait(false);
            }

            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ended.Token).ConfigureAwait(false);
            var text = await ReadAsync(response, ended.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? text.Length > 0 ? text : string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode}, no content")
                : throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}: {text}"));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"no answer within {options.Timeout.TotalSeconds:0.#} s"));
        }
        catch (HttpRequestException failure)
        {
            throw new FunctionException("the service cannot be reached", failure);
        }
    }

    private async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var type = response.Content.Headers.ContentType;
        if (type?.MediaType is { } media && !IsText(media))
        {
            return $"({media}, not shown)";
        }

        // Only what is shown is read: the rest may have no end.
        var limit = options.MaxResponseCharacters;
        var buffer = ArrayPool<char>.Shared.Rent(limit + 1);
        try
        {
            using var reader = new StreamReader(
                await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), EncodingOf(type?.CharSet), detectEncodingFromByteOrderMarks: true);
            var count = await reader.ReadBlockAsync(buffer.AsMemory(0, limit + 1), cancellationToken).ConfigureAwait(false);
            return count <= limit
                ? new string(buffer, 0, count)
                : string.Create(CultureInfo.InvariantCulture, $"{buffer.AsSpan(0, TextCut.Keep(buffer, limit))}… [cut: the response is longer than {limit} characters]");
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private static bool IsText(string media) =>
        media.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
        || media.Contains("json", StringComparison.OrdinalIgnoreCase)
        || media.Contains("xml", StringComparison.OrdinalIgnoreCase)
        || media.Contains("yaml", StringComparison.OrdinalIgnoreCase)
        || media.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    private static Encoding EncodingOf(string? charset)
    {
        try
        {
            return charset is null ? Encoding.UTF8 : Encoding.GetEncoding(charset.Trim('"'));
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }
}
