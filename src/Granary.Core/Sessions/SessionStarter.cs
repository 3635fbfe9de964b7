namespace Granary.Core.Sessions;

/// <summary>Starts sessions of a user the same way on every host: picks the id, and lets a new session follow a completed one.</summary>
internal static class SessionStarter
{
    /// <summary>See <see cref="IMemoryCluster.StartSessionAsync"/>.</summary>
    public static async Task<StartSessionResult> StartAsync(
        IMemoryCluster cluster, UserKey user, StartSessionOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var id = options.SessionId;
        if (id is not null && options.KeyValues is not null)
        {
            throw new InvalidRequestException("key_values", "must not be given together with session_id");
        }

        if (options.KeyValues is { } values)
        {
            id = await cluster.Resources(user.Tenant)
                .ResolveSessionIdAsync(options.Resource ?? MemoryResource.DefaultName, values, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await Session(id ?? Ids.New(time)).StartAsync(options, cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException conflict) when (conflict.Code == ErrorCodes.Completed && options.Restore)
        {
            var following = options with { SessionId = null, KeyValues = null, PreviousSessionId = id };
            return await Session(Ids.New(time)).StartAsync(following, cancellationToken).ConfigureAwait(false);
        }

        ISessionMemory Session(string session) => cluster.Session(new SessionKey(user.Tenant, user.User, session));
    }
}
