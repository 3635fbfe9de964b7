using Granary.Core.Messages;

namespace Granary.Core.Privacy;

/// <summary>
/// Keeps redacted messages within <see cref="MessageLimits"/>: a replacement may be longer than what it replaces, and what was accepted must stay
/// storable and importable.
/// </summary>
internal static class RedactionSize
{
    /// <summary>The redacted messages, with those blanked that grew beyond a limit, one message's or a request's.</summary>
    public static Message[] Bounded(IReadOnlyList<Message> original, Message[] redacted, string replacement)
    {
        var total = 0L;
        for (var i = 0; i < redacted.Length; i++)
        {
            if (!ReferenceEquals(redacted[i], original[i]) && IsTooLarge(redacted[i]))
                redacted[i] = BlankMessage.Of(redacted[i], replacement);
            total += MessageSize.UpperBound(redacted[i]);
        }

        // Lists that were longer than a request from the start are no request.
        if (total <= MessageLimits.MaxRequestBytes || redacted.Sum(MessageSize.Bytes) <= MessageLimits.MaxRequestBytes
            || original.Sum(MessageSize.Bytes) > MessageLimits.MaxRequestBytes)
            return redacted;

        for (var i = 0; i < redacted.Length; i++)
        {
            if (!ReferenceEquals(redacted[i], original[i]))
                redacted[i] = BlankMessage.Of(redacted[i], replacement);
        }

        return redacted;
    }

    private static bool IsTooLarge(Message message) =>
        (MessageSize.UpperBound(message) > MessageLimits.MaxMessageBytes && MessageSize.Bytes(message) > MessageLimits.MaxMessageBytes)
        || (message.Metadata is { } metadata && MessageSize.Bytes(metadata) > MessageLimits.MaxMetadataBytes);
}
