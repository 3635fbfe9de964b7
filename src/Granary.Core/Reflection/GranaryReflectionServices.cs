using Granary.Core.Reflection;
using Granary.Core.Tokens;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what sessions and users learn with.</summary>
internal static class GranaryReflectionServices
{
    /// <summary>Adds reflection without a model where no other was added.</summary>
    public static void AddGranaryReflection(this IServiceCollection services, ReflectionOptions options)
    {
        services.TryAddSingleton<IReflector>(provider => new DeterministicReflector(provider.GetService<ITokenCounter>()));
        services.TryAddSingleton<IReconciler, DeterministicReconciler>();
        services.TryAddSingleton<IProfiler, DeterministicProfiler>();
        services.AddSingleton(options);
        services.AddSingleton(provider => new ReflectionServices(options, provider.GetRequiredService<IReflector>(), provider.GetRequiredService<IReconciler>()));
        services.AddSingleton(provider => new SynthesisServices(options, provider.GetRequiredService<IProfiler>()));
    }
}
