namespace Granary.Llm.Agents;

/// <summary>How agents answer.</summary>
public sealed class MemoryProxyOptions
{
    /// <summary>Bounds of the tool loop.</summary>
    public ToolLoopOptions Loop { get; init; } = new();

    /// <summary>Whether the model gets memory's own tools: <c>recall</c>, <c>remember</c> and <c>search_sessions</c>. Off by default.</summary>
    public bool MemoryTools { get; init; }

    /// <summary>
    /// Functions that a model is offered at the most, 1 or more; 128 by default, OpenAI's limit. The agent's own and memory's come first, then those of
    /// the registry that fit the question best.
    /// </summary>
    public int MaxFunctions { get; init; } = 128;
}
