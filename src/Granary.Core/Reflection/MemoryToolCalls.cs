namespace Granary.Core.Reflection;

/// <summary>
/// Tells what memory's own tools answered from everything else that is in a session: it is known already, and must neither be learned, summarized nor
/// found again as something new.
/// </summary>
internal sealed class MemoryToolCalls
{
    /// <summary>The names of memory's tools for models, those of adapters too.</summary>
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "recall", "remember", "search_sessions", "search_memory" };

    private HashSet<string>? _open;

    /// <summary>Looks at the next message of a session.</summary>
    /// <returns>Whether it is the answer of one of memory's tools.</returns>
    public bool IsAnswer(Message message)
    {
        foreach (var call in message.ToolCalls ?? [])
        {
            // An id may be used again for a call of another tool.
            _ = Names.Contains(call.Name) ? (_open ??= new(StringComparer.Ordinal)).Add(call.Id) : _open?.Remove(call.Id);
        }

        return message.Role == MessageRole.Tool
            && ((message.Name is { } name && Names.Contains(name)) || (message.ToolCallId is { } id && _open?.Contains(id) == true));
    }
}
