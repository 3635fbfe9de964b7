using Granary.Orleans.Providers;

namespace Granary.Orleans.Conformance;

/// <summary>A running service and the provider over it, shared by the tests of a project.</summary>
public abstract class ProviderService : IAsyncLifetime
{
    /// <summary>The provider under test.</summary>
    public abstract IClusterProvider Provider { get; }

    /// <summary>How to reach the service.</summary>
    public abstract string Connection { get; }

    /// <summary>What the suites use of the provider.</summary>
    public abstract ProviderUses Uses { get; }

    /// <summary>Starts the service and prepares it; does nothing where its tests are skipped.</summary>
    public abstract Task InitializeAsync();

    /// <summary>Stops the service.</summary>
    public abstract Task DisposeAsync();
}
