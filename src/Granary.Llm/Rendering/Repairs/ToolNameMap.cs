namespace Granary.Llm.Rendering.Repairs;

/// <summary>The way back from the names that a provider was given to those of the caller's tools.</summary>
internal sealed class ToolNameMap
{
    private readonly Dictionary<string, string> originals;

    private ToolNameMap(Dictionary<string, string> originals) => this.originals = originals;

    /// <summary>The map of a request's tools; null if all are sent by their own names.</summary>
    /// <param name="tools">The tools.</param>
    /// <param name="dialect">The dialect of the provider.</param>
    public static ToolNameMap? Of(IReadOnlyList<ToolDefinition> tools, ChatDialect dialect)
    {
        Dictionary<string, string>? originals = null;
        foreach (var tool in tools)
        {
            var fitted = dialect == ChatDialect.Gemini ? ToolNames.FitGemini(tool.Name) : ToolNames.Fit(tool.Name);
            if (fitted != tool.Name)
            {
                (originals ??= new(StringComparer.Ordinal))[fitted] = tool.Name;
            }
        }

        return originals is null ? null : new ToolNameMap(originals);
    }

    /// <summary>The caller's name; any other as it is.</summary>
    public string Original(string name) => originals.GetValueOrDefault(name, name);

    /// <summary>An answer with the caller's names.</summary>
    public ChatResponse Restore(ChatResponse answer) =>
        answer.ToolCalls.Count == 0 ? answer : answer with { ToolCalls = [.. answer.ToolCalls.Select(call => call with { Name = Original(call.Name) })] };
}
