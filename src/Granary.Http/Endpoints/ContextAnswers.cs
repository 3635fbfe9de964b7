using System.Runtime.CompilerServices;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;

namespace Granary.Http.Endpoints;

/// <summary>
/// The bytes that answer a context. A <see cref="SessionContext"/> is the same instance until its session changes, so its bytes are made
/// once for each form and live as long as it does.
/// </summary>
internal sealed class ContextAnswers
{
    // Above this size copying costs more than the lookup saves, and the memory would be felt.
    private const int LargestKept = 256 * 1024;

    private readonly ConditionalWeakTable<SessionContext, Forms> _forms = [];

    /// <summary>The answer's JSON.</summary>
    /// <param name="parts">The context.</param>
    /// <param name="format">Its form, or null for all of them.</param>
    /// <param name="keep">Whether the context is one that will be asked for again.</param>
    public byte[] Of(ContextParts parts, ContextFormat? format, bool keep)
    {
        var form = format is { } given ? 1 + (int)given : 0;
        if (parts.Enrichment is null && _forms.TryGetValue(parts.Session, out var forms) && forms.Kept[form] is { } known && Equals(known.LongTerm, parts.LongTerm))
        {
            return known.Bytes;
        }

        GranaryHttpInstruments.ContextsRendered.Add(1);
        var bytes = JsonAnswer.ToBytes(ToResponse(parts, format), GranaryJson.Default.ContextResponse);
        if (keep && parts.Enrichment is null && bytes.Length <= LargestKept)
        {
            _forms.GetValue(parts.Session, static _ => new Forms()).Kept[form] = new Form(parts.LongTerm, bytes);
        }

        return bytes;
    }

    private static ContextResponse ToResponse(ContextParts parts, ContextFormat? format)
    {
        var context = parts.Session;
        return new ContextResponse
        {
            SessionId = context.SessionId,
            UserId = context.UserId,
            ActiveContext = format is null or ContextFormat.Turns ? context.ActiveContext : null,
            Messages = format is null or ContextFormat.Messages ? context.Messages : null,
            FormattedContext = format is null or ContextFormat.Text ? ContextText.Of(parts) : null,
            Insights = parts.LongTerm?.Insights,
            SessionSummaries = parts.LongTerm?.Summaries,
            LongTermError = parts.LongTerm?.Error,
            Enrichment = parts.Enrichment,
            CumulativeSummary = context.CumulativeSummary,
            Epoch = context.Epoch,
            LastSequence = context.LastSequence,
            TurnCount = context.TurnCount,
            TokenCount = context.Tokens.Used,
            Tokens = context.Tokens,
            OmittedMessages = context.OmittedMessages,
        };
    }

    /// <summary>A form's bytes, and what they say of the time before the session, which changes by itself.</summary>
    private sealed record Form(LongTerm? LongTerm, byte[] Bytes);

    private sealed class Forms
    {
        public Form?[] Kept { get; } = new Form?[4];
    }
}
