namespace Granary.Core.Sessions;

/// <summary>Starts sessions of a user the same way on every host: picks the id, and lets a new session follow a completed one.</summary>
internal static class SessionStarter
{
    /// <summary>See <see cref="IMemoryCluster.StartSessionAsync"/>.</summary>
    /// <param name="resources">The resources of the user's tenant.</param>
    /// <param name="start">Starts one session, wherever it is.</param>
    /// <param name="user">The user.</param>
    /// <param name="options">What to start.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<StartSessionResult> StartAsync(
        IResourceCatalog resources,
        Func<SessionKey, StartSessionOptions, CancellationToken, Task<StartSessionResult>> start,
        UserKey user,
        StartSessionOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var id = options.SessionId;
        if (id is not null && options.KeyValues is not null)
        {
            throw new InvalidRequestException("key_values", "must not be given together with session_id");
        }

        if (options.KeyValues is { } values)
        {
            id = await resources
                .ResolveSessionIdAsync(options.Resource ?? MemoryResource.DefaultName, values, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await start(Session(id ?? Ids.New(time)), options, cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException conflict) when (conflict.Code == ErrorCodes.Completed && options.Restore)
        {
            var following = options with { SessionId = null, KeyValues = null, PreviousSessionId = id };
            return await start(Session(Ids.New(time)), following, cancellationToken).ConfigureAwait(false);
        }

        SessionKey Session(string session) => new(user.Tenant, user.User, session);
    }
}
