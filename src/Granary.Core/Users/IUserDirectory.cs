namespace Granary.Core.Users;

/// <summary>How a session reaches its user's actor; the host gives it.</summary>
internal interface IUserDirectory
{
    /// <summary>Hands a notice to the user; returns when its effect is durable.</summary>
    /// <returns>Whether what is known of the user is put together anew because of it.</returns>
    /// <exception cref="UnavailableException">The user cannot take it now; try again later.</exception>
    Task<bool> DeliverAsync(UserKey user, SessionDelivery delivery, CancellationToken cancellationToken);

    /// <summary>The user's memory, for what a session wants to know of it.</summary>
    IUserMemory Open(UserKey user);
}
