using System.Collections.Concurrent;
using System.Text.Json;
using Granary.Llm;
using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>A provider's answer whose body is still coming.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Dialect">The dialect that it is in.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model that was asked for: some providers do not say which one answered.</param>
internal sealed record UpstreamAnswer(ProviderResponse Answer, ChatDialect Dialect, string Provider, string Model) : IDisposable
{
    public void Dispose() => Answer.Dispose();
}

/// <summary>Sends a call to the provider of its model, and to the next one that has it where the first fails.</summary>
internal sealed class Upstream(IProviderRouter router)
{
    private const int MaxErrorBytes = 1024 * 1024;

    // Servers that are compatible with OpenAI's chats, but have no responses.
    private readonly ConcurrentDictionary<string, bool> _withoutResponses = new(StringComparer.Ordinal);

    public IReadOnlyList<ProviderRoute> Route(string model) => router.Route(model);

    /// <summary>The dialect in which a client's request goes to a provider: its own where the provider speaks it.</summary>
    public ChatDialect DialectFor(ChatDialect client, IChatProvider provider) =>
        client == ChatDialect.OpenAIResponses && provider.Dialect == ChatDialect.OpenAIChat && !_withoutResponses.ContainsKey(provider.Name)
            ? ChatDialect.OpenAIResponses
            : provider.Dialect;

    /// <summary>Sends a chat.</summary>
    /// <param name="client">The client's dialect.</param>
    /// <param name="routes">The providers, the first choice first.</param>
    /// <param name="credential">The caller's credential. It is meant for the provider of the first choice, so no other one gets it.</param>
    /// <param name="make">Makes the call for a provider in a dialect.</param>
    /// <param name="cancellationToken">Ends the call, also at the provider.</param>
    /// <returns>The first answer that is no failure of the provider's own, or else the last one.</returns>
    /// <exception cref="ProviderException">The last provider could not be asked.</exception>
    public async Task<UpstreamAnswer> SendAsync(
        ChatDialect client, IReadOnlyList<ProviderRoute> routes, string? credential, Func<ProviderRoute, ChatDialect, ProviderCall> make, CancellationToken cancellationToken)
    {
        for (var choice = 0; ; choice++)
        {
            var route = routes[choice];
            var next = NextWithKey(routes, choice);
            try
            {
                var answer = await SendAsync(client, route, choice == 0 ? credential : null, make, cancellationToken);
                if (next < 0 || !IsFailure(answer.Answer.Status))
                {
                    return answer;
                }

                answer.Dispose();
            }
            catch (ProviderException) when (next >= 0)
            {
                // The next one may have better luck.
            }

            choice = next - 1;
        }
    }

    private async Task<UpstreamAnswer> SendAsync(
        ChatDialect client, ProviderRoute route, string? credential, Func<ProviderRoute, ChatDialect, ProviderCall> make, CancellationToken cancellationToken)
    {
        var provider = route.Provider;
        var dialect = DialectFor(client, provider);
        var answer = await provider.SendAsync(make(route, dialect) with { Credential = credential }, cancellationToken);
        if (dialect != ChatDialect.OpenAIResponses || answer.Status is not (StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed or StatusCodes.Status501NotImplemented))
        {
            return new UpstreamAnswer(answer, dialect, provider.Name, route.Model);
        }

        try
        {
            if (await IsAboutRequestAsync(answer, cancellationToken))
            {
                return new UpstreamAnswer(answer, dialect, provider.Name, route.Model);
            }

            // No responses here: a chat tells.
            var chat = await provider.SendAsync(make(route, provider.Dialect) with { Credential = credential }, cancellationToken);
            if (!chat.IsSuccess)
            {
                chat.Dispose();
                return new UpstreamAnswer(answer, dialect, provider.Name, route.Model);
            }

            answer.Dispose();
            _withoutResponses[provider.Name] = true;
            return new UpstreamAnswer(chat, provider.Dialect, provider.Name, route.Model);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether a 404 is about something that the request names (an item, a conversation, a model), not about the path: a chat would then succeed without
    /// what the client named.
    /// </summary>
    private static async Task<bool> IsAboutRequestAsync(ProviderResponse answer, CancellationToken cancellationToken)
    {
        if (answer.Status != StatusCodes.Status404NotFound)
        {
            return false;
        }

        try
        {
            using var body = JsonDocument.Parse(await answer.PeekAsync(MaxErrorBytes, cancellationToken));
            return body.RootElement.ValueKind == JsonValueKind.Object
                && body.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && (IsText(error, "param") || IsText(error, "code"));
        }
        catch (JsonException)
        {
            return false;
        }

        static bool IsText(JsonElement error, string name) =>
            error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0;
    }

    private static int NextWithKey(IReadOnlyList<ProviderRoute> routes, int choice)
    {
        for (var next = choice + 1; next < routes.Count; next++)
        {
            if (routes[next].Provider.HasKey)
            {
                return next;
            }
        }

        return -1;
    }

    private static bool IsFailure(int status) => status is StatusCodes.Status429TooManyRequests or StatusCodes.Status408RequestTimeout or >= 500;
}
