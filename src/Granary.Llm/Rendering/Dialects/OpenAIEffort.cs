using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// How much to reason, in words that the model takes. OpenAI refuses a request that asks a model to reason which does not, or with a word that is not its
/// own; other servers do likewise. Models that are not known to take it are not asked.
/// </summary>
internal static class OpenAIEffort
{
    /// <summary>Where a chat says it.</summary>
    public const string Field = "reasoning_effort";

    /// <summary>The first of its family that can be told not to reason, and the first that can be told to do it more than much.</summary>
    private const double TakesNone = 5.1;

    private const double TakesMost = 5.2;

    /// <summary>The first that takes even more than that, and the first of those of which some always reason.</summary>
    private const double TakesMax = 5.6;

    private const double AlwaysReasons = 6;

    /// <summary>The word for a request; null if none is sent.</summary>
    public static string? Of(ChatRequest request)
    {
        var name = ModelFamilies.Bare(request.Model);
        if (!Reasons(name))
            return null;

        var version = ModelFamilies.Generation(name);
        return request.ReasoningEffort switch
        {
            "low" or "medium" or "high" => request.ReasoningEffort,
            "none" when version is >= TakesNone and < AlwaysReasons => "none",
            "none" or "minimal" => version is > 0 and < TakesNone && !name.Contains("codex", StringComparison.OrdinalIgnoreCase) ? "minimal" : "low",
            "max" when version >= TakesMax => "max",
            "xhigh" or "max" => version >= TakesMost || name.Contains("codex-max", StringComparison.OrdinalIgnoreCase) ? "xhigh" : "high",
            _ => null,
        };
    }

    /// <summary>Makes a rendered chat say what the provider's settings want.</summary>
    /// <param name="body">The chat, in OpenAI's dialect.</param>
    /// <param name="effort">What was asked for; null for nothing.</param>
    /// <param name="passes">Whether it is passed on: true as it is, false never, null as it was rendered.</param>
    public static void Settle(JsonObject body, string? effort, bool? passes)
    {
        if (passes == false)
        {
            body.Remove(Field);
        }
        else if (passes == true && effort is not null)
        {
            body[Field] = effort;
        }
    }

    private static bool Reasons(string name) => Begins(name, "gpt-oss")
        || (ModelFamilies.IsOpenAIReasoning(name)
            && !Begins(name, "o1-mini") && !Begins(name, "o1-preview")
            && !(Begins(name, "gpt-5") && name.Contains("-chat", StringComparison.OrdinalIgnoreCase)));

    private static bool Begins(string name, string beginning) => name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase);
}
