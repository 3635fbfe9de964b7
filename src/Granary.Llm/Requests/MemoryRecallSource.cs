using System.Globalization;

namespace Granary.Llm.Requests;

/// <summary>Recalls out of the user's own memory: memory records, and the messages of all the user's sessions.</summary>
/// <remarks>What the asking session shows anyway is left out, and so is what belongs to another agent than the session's.</remarks>
internal sealed class MemoryRecallSource(IMemoryCluster memory) : IRecallSource
{
    private const int MaxTexts = 20;

    /// <summary>The longest query of a recall in characters: the end of longer words says what is asked.</summary>
    private const int MaxQueryLength = 8_192;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<RecalledText>> RecallAsync(RecallQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (string.IsNullOrWhiteSpace(query.Text))
        {
            return [];
        }

        var shown = await ShownMessages.OfAsync(memory, query.Session, cancellationToken).ConfigureAwait(false);

        // Without a limit of tokens: what is left out here must not take the room of what is not. The prompt counts them itself.
        var found = await memory.User(query.Session.Owner).RecallAsync(
            new RecallRequest { Query = End(query.Text), Limit = shown.LimitFor(MaxTexts), Filter = new MemoryFilter { AgentId = shown.AgentId ?? query.Agent ?? Ids.DefaultAgent } },
            cancellationToken).ConfigureAwait(false);
        return [.. found.Hits.Where(hit => !shown.Has(hit)).Take(MaxTexts).Select(static hit => new RecalledText(hit.Content, SourceOf(hit)))];
    }

    private static string SourceOf(RecallHit hit) => hit switch
    {
        { Message: { } message } => string.Create(
            CultureInfo.InvariantCulture,
            $"{message.Name ?? message.Role.ToString().ToLowerInvariant()} on {hit.Timestamp:yyyy-MM-dd}, session {hit.SessionId}, message {message.Sequence}"),
        { Record: { } record } => string.Create(
            CultureInfo.InvariantCulture, $"{record.Kind.ToString().ToLowerInvariant()} of {hit.Timestamp:yyyy-MM-dd}, memory {record.Id}"),
        _ => hit.Id,
    };

    private static string End(string text)
    {
        if (text.Length <= MaxQueryLength)
        {
            return text;
        }

        var end = text[^MaxQueryLength..];
        return char.IsLowSurrogate(end[0]) ? end[1..] : end;
    }
}
