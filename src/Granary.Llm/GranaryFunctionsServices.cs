using Granary.Core.Recall;
using Granary.Llm.Functions;
using Granary.Llm.Functions.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers functions for models.</summary>
public static class GranaryFunctionsServices
{
    /// <summary>
    /// Adds the <see cref="FunctionRegistry"/> of batches and agents, with the tools of the MCP servers of <c>Granary:Functions:Mcp</c> and the operations
    /// of the HTTP APIs of <c>Granary:Functions:OpenApi</c>. They are reached when their functions are first needed: one that is away stops no start.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The settings.</param>
    /// <param name="configure">Adds functions of one's own.</param>
    /// <exception cref="Options.OptionsValidationException">Settings are wrong; its failures name each with the fix.</exception>
    public static IServiceCollection AddGranaryFunctions(this IServiceCollection services, IConfiguration configuration, Action<FunctionRegistry>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var settings = FunctionSettings.Read(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new FunctionSources(settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider =>
        {
            var registry = new FunctionRegistry(provider.GetService<IEmbedder>(), provider, provider.GetRequiredService<ILogger<FunctionRegistry>>());
            configure?.Invoke(registry);
            provider.GetRequiredService<FunctionSources>().AddTo(registry);
            return registry;
        });
        return services;
    }
}
