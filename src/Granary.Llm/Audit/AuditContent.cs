namespace Granary.Llm.Audit;

/// <summary>
/// Shows what the user said in a call, where the settings allow it. It is read from the session, as that keeps it (redacted, until it is erased):
/// the audit has no copy.
/// </summary>
public sealed class AuditContent(IMemoryCluster cluster, AuditOptions options)
{
    /// <summary>The most characters that are shown.</summary>
    public const int MaxLength = 500;

    /// <summary>How far the clocks of a cluster's processes may be apart.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(1);

    private const string Truncated = "... [truncated]";

    /// <summary>The beginning of the first user message that the call added; null if there is none, it is erased, or content is off.</summary>
    /// <exception cref="UnavailableException">The session cannot be read now.</exception>
    public async Task<string?> QueryAsync(AuditCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!options.Content || call is not { UserId: { } user, SessionId: { } session, FirstSequence: { } first, LastSequence: { } last } || last < first)
        {
            return null;
        }

        try
        {
            var count = (int)Math.Min(last - first + 1, MessageLimits.MaxPage);
            var memory = cluster.Session(new SessionKey(call.Tenant, user, session));
            var page = await memory.GetMessagesAsync(first, count, cancellationToken).ConfigureAwait(false);
            var text = page.Messages.FirstOrDefault(message => message.Role == MessageRole.User)?.Content;
            if (text is not null && (await memory.GetInfoAsync(cancellationToken).ConfigureAwait(false)).StartTime > (call.StoredAt ?? call.EndedAt) + ClockTolerance)
            {
                // A later session under the same id, whose sequences begin at 1 again.
                return null;
            }

            return text is null || text.Length <= MaxLength ? text : text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)] + Truncated;
        }
        catch (MemoryException exception) when (exception is NotFoundException or ErasedException)
        {
            return null;
        }
    }
}
