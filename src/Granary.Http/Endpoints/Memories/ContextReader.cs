using Granary.Wire;

namespace Granary.Http.Endpoints.Memories;

/// <summary>Reads contexts with what was known before the session and what enrichment finds, as far as a request asks for them.</summary>
internal sealed class ContextReader(IMemoryCluster cluster, LongTermReader longTerm, AutoEnrichment enrichment)
{
    /// <summary>Reads.</summary>
    /// <param name="key">The session.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="options">How to read the session.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<ContextParts> ReadAsync(SessionKey key, ContextRequest request, ContextOptions? options, CancellationToken cancellationToken)
    {
        // No token: a hot context is there at once, and a cold one serves the next call too.
        var session = await cluster.Session(key).GetContextAsync(options, CancellationToken.None);
        var wantsLongTerm = request.LongTerm ?? (request.MaxTokens is null && request.Format is null or ContextFormat.Text);
        var wantsEnrichment = enrichment.IsOn(request.Enrich);
        if (!wantsLongTerm && !wantsEnrichment)
        {
            return new ContextParts(session);
        }

        var known = wantsLongTerm ? longTerm.ReadAsync(key, session.AgentId, cancellationToken) : Task.FromResult<LongTerm>(null!);
        var found = wantsEnrichment ? enrichment.EnrichAsync(key, session, cancellationToken) : Task.FromResult<Enrichment>(null!);
        return new ContextParts(session, await known, await found);
    }
}

/// <summary>What a context is made of.</summary>
/// <param name="Session">The session.</param>
/// <param name="LongTerm">What was known before it; null where it was not asked for.</param>
/// <param name="Enrichment">What enrichment did; null where it was not asked for.</param>
internal sealed record ContextParts(SessionContext Session, LongTerm? LongTerm = null, Enrichment? Enrichment = null);
