using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;

namespace Granary.Core.Users.Indexing;

/// <summary>Reads what the index lacks of a session from the session's own partition: any actor may read another's.</summary>
internal sealed class SessionReader(IPartitionStore store, UserKey user, UserIndex index)
{
    /// <summary>Brings the index up to what is durable of a session now.</summary>
    /// <param name="id">The session.</param>
    /// <param name="adding">Adds a page by calling what it is given, which answers whether to go on; gives that answer.</param>
    /// <param name="cancellationToken">Ends the reading; what was read stays.</param>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task ReadAsync(string id, Func<Func<bool>, Task<bool>> adding, CancellationToken cancellationToken)
    {
        var partition = PartitionNames.Of(new SessionKey(user.Tenant, user.User, id));
        IndexedSession session;
        int generation;
        bool isKnown;
        lock (index.Gate)
        {
            session = index.Session(id);
            generation = session.Generation;
            isKnown = session.Agent is not null;
        }

        if (!isKnown && !await OpenAsync(partition, session, generation, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        for (long from = 1; from > 0;)
        {
            (long From, long To) gap;
            lock (index.Gate)
            {
                gap = session.Covered.NextGap(from);
            }

            var end = gap.To == long.MaxValue ? DocumentRange.UpperBound(SessionDocumentIds.AppendPrefix) : SessionDocumentIds.Append(gap.To + 1);
            string? next = SessionDocumentIds.Append(gap.From);
            while (next is not null)
            {
                var page = await store.ReadAsync(partition, new DocumentRange(next, end), cancellationToken).ConfigureAwait(false);

                // Decoded before anything is held: queries and other sessions need not wait for that.
                var appends = new List<AppendDocument>(page.Documents.Count);
                foreach (var document in page.Documents)
                {
                    appends.Add(AppendDocument.Decode(document));
                }

                if (!await adding(() => Add(session, generation, appends)).ConfigureAwait(false))
                {
                    return;
                }

                next = page.Next;
            }

            from = gap.To == long.MaxValue ? 0 : gap.To + 1;
        }
    }

    /// <returns>Whether there is a session to read.</returns>
    private async Task<bool> OpenAsync(string partition, IndexedSession session, int generation, CancellationToken cancellationToken)
    {
        var page = await store.GetAsync(partition, [SessionDocumentIds.Head], cancellationToken).ConfigureAwait(false);
        if (page.Documents.Count == 0 || SessionHead.Decode(page.Documents[0].Body.Span) is not { Phase: SessionPhase.Active or SessionPhase.Completed } head)
        {
            return false;
        }

        lock (index.Gate)
        {
            if (session.Generation != generation)
            {
                return false;
            }

            session.Agent = session.Unsealed.Agent = head.AgentId;
        }

        return true;
    }

    /// <returns>False if the session was erased meanwhile.</returns>
    private bool Add(IndexedSession session, int generation, List<AppendDocument> appends)
    {
        foreach (var append in appends)
        {
            lock (index.Gate)
            {
                if (session.Generation != generation)
                {
                    return false;
                }

                index.Add(session, append);
            }
        }

        return true;
    }
}
