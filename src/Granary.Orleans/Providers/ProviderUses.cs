namespace Granary.Orleans.Providers;

/// <summary>What a connection of a provider is used for.</summary>
[Flags]
public enum ProviderUses
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The list of the cluster's silos.</summary>
    Clustering = 1,

    /// <summary>The reminders of the maintenance shards.</summary>
    Reminders = 2,

    /// <summary>Grain storage under the paged store.</summary>
    GrainStorage = 4,
}
