namespace Granary.Embedded;

/// <summary>A handle on a user of this process.</summary>
internal sealed class EmbeddedUser(EmbeddedCluster host, UserKey key) : IUserMemory
{
    public UserKey Key => key;

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        host.ListAsync(key, query, cancellationToken);
}
