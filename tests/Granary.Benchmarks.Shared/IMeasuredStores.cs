using Granary.Core.Storage;

namespace Granary.Benchmarks.Shared;

/// <summary>A kind of store and the reference for its durable writes.</summary>
internal interface IMeasuredStores
{
    /// <summary>The instrument that tells how many commits each durable group takes.</summary>
    string GroupSizeInstrument { get; }

    /// <summary>Opens an empty store.</summary>
    Task<MeasuredStore> OpenAsync();

    /// <summary>Writes the same rows into the same medium in a bare loop that checks, groups, answers and waits for nothing.</summary>
    /// <param name="prepare">Written before the clock starts.</param>
    /// <param name="commits">What is written.</param>
    /// <param name="groups">How many of them each transaction takes.</param>
    /// <returns>Commits per second.</returns>
    Task<double> RunRawAsync(IReadOnlyList<PartitionCommit> prepare, IReadOnlyList<PartitionCommit> commits, IReadOnlyList<int> groups);
}

/// <summary>An open store, and what is to be done when it is not needed any more.</summary>
internal sealed record MeasuredStore(IPartitionStore Store, Func<Task> Close) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await Close();
}
