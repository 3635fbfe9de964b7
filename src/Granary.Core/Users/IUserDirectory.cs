namespace Granary.Core.Users;

/// <summary>How a session reaches its user's actor; the host gives it.</summary>
internal interface IUserDirectory
{
    /// <summary>Hands a notice to the user; returns when its effect is durable.</summary>
    /// <exception cref="UnavailableException">The user cannot take it now; try again later.</exception>
    Task DeliverAsync(UserKey user, SessionDelivery delivery, CancellationToken cancellationToken);

    /// <summary>The user's memory, for what a session wants to know of it.</summary>
    IUserMemory Open(UserKey user);
}
