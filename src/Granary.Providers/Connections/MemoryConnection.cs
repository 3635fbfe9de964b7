namespace Granary.Providers.Connections;

/// <summary>A backend that the settings name, with all that is needed to reach it. Chains refer to it by its name, so that no secret is stored with them.</summary>
/// <param name="Name">Its name, by <see cref="Ids"/>.</param>
/// <param name="Type">The type of provider that it takes.</param>
/// <param name="TakesIds">Whether its provider keeps memories under ids that the caller gives.</param>
/// <param name="Create">Makes the provider. Called once.</param>
internal sealed record MemoryConnection(string Name, string Type, bool TakesIds, Func<IServiceProvider, IMemoryProvider> Create);
