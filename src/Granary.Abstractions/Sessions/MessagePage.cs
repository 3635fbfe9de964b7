namespace Granary;

/// <summary>A page of a session's history.</summary>
/// <param name="Messages">The messages, in the order of their sequences.</param>
/// <param name="Next">The sequence at which the next page begins, or null at the end.</param>
public sealed record MessagePage(IReadOnlyList<Message> Messages, long? Next);
