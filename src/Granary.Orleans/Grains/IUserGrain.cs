using Orleans;

namespace Granary.Orleans.Grains;

/// <summary>A user as a grain; its key is <see cref="GrainKeys"/>.</summary>
[Alias("granary.user")]
internal interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Applies a notice of a session, once however often it comes.</summary>
    /// <param name="session">The sender.</param>
    /// <param name="incarnation">Tells the sender from an erased session of the same id.</param>
    /// <param name="number">The sender's number of the notice.</param>
    /// <param name="notice">The notice as it is stored.</param>
    [Alias("deliver")]
    Task DeliverAsync(string session, string incarnation, long number, byte[] notice);

    /// <summary>The user's list, each session as it stands now.</summary>
    [Alias("sessions")]
    Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken);
}
