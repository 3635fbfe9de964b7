using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>How much Claude thinks before it answers.</summary>
internal static class AnthropicThinking
{
    private const int LeastBudget = 1_024;

    /// <summary>The first version that decides itself how much to think, given an effort, and the first that thinks at all.</summary>
    private const double Adaptive = 4.6;
    private const double First = 3.7;

    /// <summary>The first version that takes an effort beyond the high one, and no sampling; and the first that refuses to be made to call a tool.</summary>
    private const double FixesSampling = 4.7;
    private const double RefusesForce = 5.1;

    /// <summary>Whether the model refuses <c>temperature</c> and <c>top_p</c>.</summary>
    public static bool HasFixedSampling(string model) => ModelFamilies.Version(model) >= FixesSampling;

    /// <summary>Whether the model refuses a choice of tools that makes it call one.</summary>
    public static bool RefusesForcedTools(string model) => ModelFamilies.Version(model) >= RefusesForce;

    /// <summary>Adds what the effort asks for; false if the request goes without thinking.</summary>
    public static bool TryRender(ChatRequest request, IReadOnlyList<ModelMessage> messages, JsonObject body)
    {
        var budget = request.ReasoningEffort switch
        {
            "low" => LeastBudget,
            "medium" => 4 * LeastBudget,
            "high" or "xhigh" or "max" => 16 * LeastBudget,
            _ => 0,
        };
        var version = ModelFamilies.Version(request.Model);
        if (budget == 0 || version < First || (request.ToolChoice is { Kind: ToolChoiceKind.Required or ToolChoiceKind.Named } && version < RefusesForce) || IsUnsigned(messages, request.Thoughts))
            return false;

        if (version >= Adaptive)
        {
            body["thinking"] = new JsonObject { ["type"] = "adaptive" };
            body["output_config"] = new JsonObject { ["effort"] = request.ReasoningEffort == "xhigh" && version < FixesSampling ? "high" : request.ReasoningEffort };
            return true;
        }

        // Thinking counts as output; without a limit of the caller's the answer keeps all of its own.
        var limit = request.MaxTokens ?? body["max_tokens"]!.GetValue<int>() + budget;
        budget = Math.Min(budget, limit - 1);
        if (budget < LeastBudget)
            return false;

        body["max_tokens"] = limit;
        body["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = budget };
        return true;
    }

    /// <summary>The effort that a request's own words stand for; null if it says nothing.</summary>
    public static string? Read(int? budget, string? effort) => effort ?? budget switch
    {
        null => null,
        <= LeastBudget => "low",
        <= 4 * LeastBudget => "medium",
        _ => "high",
    };

    /// <summary>Whether a turn of tool calls is under way that did not begin with the model's signed thoughts: it cannot be gone on with in thought.</summary>
    private static bool IsUnsigned(IReadOnlyList<ModelMessage> messages, IReadOnlyList<SignedThoughts> thoughts)
    {
        if (messages.Count == 0 || messages[^1].Role != MessageRole.Tool)
            return false;

        var asked = messages.Count - 1;
        while (asked >= 0 && messages[asked].Role != MessageRole.User)
        {
            asked--;
        }

        var begun = messages.Skip(asked + 1).First(message => message.Role == MessageRole.Assistant);
        return ThoughtWeave.Of(begun, thoughts, ChatDialect.Anthropic) is not { Parts: [{ TextBefore: 0, CallsBefore: 0 }, ..] };
    }
}
