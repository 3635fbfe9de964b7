namespace Granary;

/// <summary>One user: the list of the user's sessions. A user nobody has heard of has an empty list.</summary>
public interface IUserMemory
{
    /// <summary>The user's key.</summary>
    UserKey Key { get; }

    /// <summary>The user's sessions, the youngest first.</summary>
    /// <exception cref="InvalidRequestException">The query breaks a rule.</exception>
    Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default);
}
