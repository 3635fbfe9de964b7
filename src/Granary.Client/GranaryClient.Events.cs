using System.Runtime.CompilerServices;
using Granary.Client.Events;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    /// <summary>
    /// What happens to a session, as it happens: every message after a sequence exactly once and in order, over lost connections and
    /// restarts of the service. Ends when the session is completed or erased.
    /// </summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="after">
    /// The sequence that the caller has seen: 0 for all messages, <see cref="SessionInfo.LastSequence"/> for those that come from now on.
    /// </param>
    /// <param name="cancellationToken">Ends the feed.</param>
    /// <exception cref="UnavailableException">
    /// The feed could not be connected again for <see cref="GranaryClientOptions.EventReconnectTimeout"/>.
    /// </exception>
    public async IAsyncEnumerable<SessionEvent> SubscribeAsync(
        string sessionId, long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        var feed = new SessionFeed(_transport, Get(SessionPath(sessionId, "/events")), after);
        await using (feed.ConfigureAwait(false))
        {
            SessionEvent happened;
            do
            {
                happened = await feed.NextAsync(cancellationToken).ConfigureAwait(false);
                yield return happened;
            }
            while (happened is not (SessionEndedEvent or SessionDeletedEvent));
        }
    }
}
