using System.Runtime.CompilerServices;
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
    /// <param name="context">The context.</param>
    /// <param name="format">Its form, or null for turns and messages.</param>
    /// <param name="keep">Whether the context is one that will be asked for again.</param>
    public byte[] Of(SessionContext context, ContextFormat? format, bool keep)
    {
        var form = format is { } given ? 1 + (int)given : 0;
        if (_forms.TryGetValue(context, out var forms) && forms.Bytes[form] is { } known)
        {
            return known;
        }

        GranaryHttpInstruments.ContextsRendered.Add(1);
        var bytes = JsonAnswer.ToBytes(ToResponse(context, format), GranaryJson.Default.ContextResponse);
        if (keep && bytes.Length <= LargestKept)
        {
            _forms.GetValue(context, static _ => new Forms()).Bytes[form] = bytes;
        }

        return bytes;
    }

    private static ContextResponse ToResponse(SessionContext context, ContextFormat? format) => new()
    {
        SessionId = context.SessionId,
        UserId = context.UserId,
        ActiveContext = format is null or ContextFormat.Turns ? context.ActiveContext : null,
        Messages = format is null or ContextFormat.Messages ? context.Messages : null,
        FormattedContext = format is ContextFormat.Text ? ContextText.Of(context) : null,
        CumulativeSummary = context.CumulativeSummary,
        Epoch = context.Epoch,
        LastSequence = context.LastSequence,
        TurnCount = context.TurnCount,
        TokenCount = context.Tokens.Used,
        Tokens = context.Tokens,
        OmittedMessages = context.OmittedMessages,
    };

    private sealed class Forms
    {
        public byte[]?[] Bytes { get; } = new byte[4][];
    }
}
