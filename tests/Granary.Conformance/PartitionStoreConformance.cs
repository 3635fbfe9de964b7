using Granary.Core.Storage;

namespace Granary.Conformance;

/// <summary>
/// What every <see cref="IPartitionStore"/> must do. A store's test class derives from it (or from
/// <see cref="PersistentPartitionStoreConformance"/>) and inherits the facts.
/// </summary>
public abstract partial class PartitionStoreConformance : IAsyncLifetime
{
    /// <summary>The partition most tests write to.</summary>
    protected const string P = "session/acme/alice/s-1";

    private StoreFixture? _fixture;

    /// <summary>The store under test.</summary>
    protected IPartitionStore Store => Fixture.Store;

    /// <summary>The store's fixture.</summary>
    protected StoreFixture Fixture => _fixture ?? throw new InvalidOperationException("The store is not open.");

    /// <summary>Documents of the partition in the test of a large one; fewer for a store that is slow.</summary>
    protected virtual int LargePartitionDocuments => 10_000;

    /// <summary>Random steps of each model-based test; fewer for a store that is slow.</summary>
    protected virtual int ModelSteps => 400;

    /// <inheritdoc/>
    public async Task InitializeAsync() => _fixture = await OpenAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_fixture is not null)
        {
            await _fixture.DisposeAsync();
        }
    }

    /// <summary>Opens a store over an empty medium.</summary>
    protected abstract Task<StoreFixture> OpenAsync();
}
