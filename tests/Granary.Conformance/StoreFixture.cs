using Granary.Conformance.Time;
using Granary.Core.Storage;

namespace Granary.Conformance;

/// <summary>A store under test with an empty medium of its own.</summary>
public abstract class StoreFixture : IAsyncDisposable
{
    /// <summary>The store; after a reopen another instance over the same medium.</summary>
    public abstract IPartitionStore Store { get; }

    /// <summary>The store's clock.</summary>
    public ManualTimeProvider Time { get; } = new();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A store whose medium outlives it.</summary>
public abstract class PersistentStoreFixture : StoreFixture
{
    /// <summary>Closes the store in order and opens it again.</summary>
    public abstract Task ReopenAsync();

    /// <summary>Opens what a process that died at this moment would have left behind.</summary>
    public abstract Task CrashAsync();
}
