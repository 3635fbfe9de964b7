using Granary.Core.Privacy;

namespace Granary.Core.Reflection;

/// <summary>What of a stretch of a session is reflected on: the words of the user and the assistant that memory did not put there itself.</summary>
internal static class ReflectionInput
{
    /// <summary>Fewer characters than this say nothing (memory service, the end of a session).</summary>
    public const int LeastCharacters = 10;

    /// <summary>What a session is said to be in which nothing was said.</summary>
    public const string MinimalSummary = "Brief session with minimal interaction.";

    /// <summary>Its topics.</summary>
    public static readonly IReadOnlyList<string> MinimalTopics = ["minimal interaction"];

    /// <summary>The messages that count, without what does not.</summary>
    public static List<Message> Of(IEnumerable<Message> messages)
    {
        var read = new List<Message>();
        foreach (var message in messages)
        {
            if (message.Superseded || message.Role is not (MessageRole.User or MessageRole.Assistant))
            {
                continue;
            }

            var text = InjectedText.Strip(message.Content);
            if (!string.IsNullOrWhiteSpace(text))
            {
                read.Add(message with { Content = text, ToolCalls = null, Reasoning = null, Metadata = null });
            }
        }

        return read;
    }

    /// <summary>Whether there is too little to reflect on.</summary>
    public static bool IsMinimal(IReadOnlyList<Message> messages) => messages.Sum(message => (long)message.Content.Trim().Length) < LeastCharacters;

    /// <summary>What was found, with the privacy policy applied to every text: a model may put together what the policy took apart.</summary>
    public static SessionReflection Redacted(SessionReflection found, Redactor redactor) => found with
    {
        Summary = redactor.RedactText(found.Summary),
        Topics = [.. found.Topics.Select(redactor.RedactText)],
        Learned = [.. found.Learned.Select(learned => learned with { Text = redactor.RedactText(learned.Text) })],
    };
}
