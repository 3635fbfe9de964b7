using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Granary.Client;

/// <summary>Registers <see cref="GranaryClient"/>.</summary>
public static class GranaryClientServiceCollectionExtensions
{
    /// <summary>The name of the client's <see cref="HttpClient"/> with <see cref="IHttpClientFactory"/>.</summary>
    public const string HttpClientName = "Granary";

    /// <summary>
    /// Adds one <see cref="GranaryClient"/> for the whole application, over connections of <see cref="IHttpClientFactory"/>. A wrong setting
    /// stops the start of a host with a message that names it.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>To add handlers to the connections. Handlers that repeat calls are not needed.</returns>
    public static IHttpClientBuilder AddGranaryClient(this IServiceCollection services, Action<GranaryClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddSingleton<IValidateOptions<GranaryClientOptions>, GranaryClientOptionsValidator>();
        services.AddOptions<GranaryClientOptions>().Configure(configure).ValidateOnStart();
        services.AddSingleton(provider =>
        {
            var factory = provider.GetRequiredService<IHttpClientFactory>();
            return new GranaryClient(
                () => factory.CreateClient(HttpClientName),
                provider.GetRequiredService<IOptions<GranaryClientOptions>>().Value,
                provider.GetService<ILogger<GranaryClient>>());
        });
        return services.AddHttpClient(HttpClientName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.ConnectTimeout = TimeSpan.FromSeconds(5);
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
            });
    }
}
