namespace Granary.Core.Privacy;

/// <summary>
/// Applies a privacy policy to messages before anything is stored, embedded or summarized. Fails closed: a message that cannot be redacted loses its
/// content. Applying it again changes nothing. Safe for all threads.
/// </summary>
internal sealed class Redactor
{
    private readonly RedactionPattern[] _patterns;
    private readonly string _replacement;
    private readonly int _blankedRoles;
    private readonly TimeProvider _time;

    /// <summary>Compiles the policy's patterns. One that cannot be compiled fails on every message, so that none is stored unredacted.</summary>
    public Redactor(PrivacyPolicy policy, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _replacement = policy.RedactionString;
        var patterns = policy.RedactPatterns.Where(p => !string.IsNullOrEmpty(p)).Distinct(StringComparer.Ordinal);
        _patterns = [.. patterns.Select(p => new RedactionPattern(p, _replacement, time))];
        foreach (var role in policy.NonPersistableRoles)
            _blankedRoles |= 1 << (int)role;
    }

    /// <summary>Whether there is anything to apply.</summary>
    public bool IsActive => _patterns.Length > 0 || _blankedRoles != 0;

    /// <summary>
    /// The messages as they may be stored: the same list where nothing had to be replaced; otherwise a new one, in which messages that something was
    /// replaced in are <see cref="Message.Redacted"/> and the others the same.
    /// </summary>
    public IReadOnlyList<Message> Redact(IReadOnlyList<Message> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (!IsActive)
            return messages;

        var run = new RedactionRun(_patterns, _replacement, _time);
        Message[]? result = null;
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            var redacted = IsBlanked(message.Role) ? BlankMessage.Of(message, _replacement) : run.Redact(message);
            if (ReferenceEquals(redacted, message))
                continue;

            result ??= [.. messages];
            result[i] = redacted;
        }

        return result is null ? messages : RedactionSize.Bounded(messages, result, _replacement);
    }

    /// <summary>A text that was made of messages, as it may be stored; the redaction string where it cannot be redacted.</summary>
    public string RedactText(string text) =>
        _patterns.Length == 0 || text.Length == 0
            ? text
            : new RedactionRun(_patterns, _replacement, _time).Redact(new Message { Role = MessageRole.User, Content = text }).Content;

    private bool IsBlanked(MessageRole role) => (_blankedRoles & (1 << (int)role)) != 0;
}
