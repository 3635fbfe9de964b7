namespace Granary.Llm.Rendering.Dialects;

/// <summary>Calls that wait for results, in dialects whose results may name only the tool, or nothing.</summary>
internal sealed class UnansweredCalls
{
    private readonly List<ToolCall> open = [];
    private int unknown;

    /// <summary>An assistant made calls.</summary>
    public void Add(IEnumerable<ToolCall>? calls) => open.AddRange(calls ?? []);

    /// <summary>The id of the call that a result answers: the one it names, else the first open one of its tool, else one that nobody made.</summary>
    public string Take(string? id, string? tool)
    {
        if (!string.IsNullOrEmpty(id))
        {
            open.RemoveAll(call => call.Id == id);
            return id;
        }

        var index = open.FindIndex(call => tool is null || call.Name == tool);
        if (index < 0)
            return $"unknown_{++unknown}";

        var found = open[index].Id;
        open.RemoveAt(index);
        return found;
    }
}
