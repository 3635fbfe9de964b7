namespace Granary.Faults.Cluster;

/// <summary>The PostgreSQL server of a cluster: membership, reminders and storage.</summary>
internal sealed class ClusterDatabase : IAsyncDisposable
{
    public string ConnectionString => "";

    public static Task<ClusterDatabase> StartAsync(string folder, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("There is no PostgreSQL here.");

    public Task TakeCopyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task PutCopyBackAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => default;
}
