using System.Text.Json.Nodes;
using Granary.Llm.Functions;
using Granary.Llm.Rendering;
using Granary.Llm.Rendering.Dialects;
using Granary.Llm.Rendering.Repairs;

namespace Granary.Llm.Agents;

/// <summary>What a turn of tool calls adds to a conversation: the assistant's message and a message for each result.</summary>
public static class ToolTurn
{
    /// <summary>The first Gemini that wants a signature with each turn of calls.</summary>
    private const double SigningGemini = 3;

    /// <summary>The messages, in no provider's dialect.</summary>
    /// <param name="answer">The answer that calls tools.</param>
    /// <param name="results">A result for each call, in order.</param>
    public static IReadOnlyList<ModelMessage> Of(ChatResponse answer, IReadOnlyList<FunctionResult> results)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(results);
        ArgumentOutOfRangeException.ThrowIfNotEqual(results.Count, answer.ToolCalls.Count);
        return
        [
            new ModelMessage { Role = MessageRole.Assistant, Content = answer.Content, ToolCalls = answer.ToolCalls },
            .. answer.ToolCalls.Zip(results, static (call, result) => new ModelMessage
            {
                Role = MessageRole.Tool,
                Name = call.Name,
                ToolCallId = call.Id,
                Content = result.IsError ? "" : result.Text,
                ToolError = result.IsError ? result.Text : null,
            }),
        ];
    }

    /// <summary>What the provider signed of an answer that calls tools, to be sent with the messages (<see cref="ChatRequest.Thoughts"/>); null if nothing.</summary>
    /// <param name="answer">The answer.</param>
    public static SignedThoughts? ThoughtsOf(ChatResponse answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer is { Thoughts: { } signed, ToolCalls: [var first, ..] } ? signed with { CallId = first.Id } : null;
    }

    /// <summary>Appends the turn to a rendered payload.</summary>
    /// <param name="renderer">The payload's dialect.</param>
    /// <param name="payload">The payload; its list of messages grows.</param>
    /// <param name="answer">The answer that calls tools.</param>
    /// <param name="results">A result for each call, in order.</param>
    /// <param name="rawAnswer">
    /// The provider's own answer, where it came whole: the assistant's part is taken from it, for only it has signatures of reasoning, which Anthropic,
    /// Gemini and OpenAI want back. Of an answer that came in pieces, those of Anthropic and Gemini are in <paramref name="answer"/>. Without them, or where it has other calls than the answer, the turn goes on unsigned: Anthropic's <c>thinking</c> is taken
    /// out of the payload.
    /// </param>
    public static void AppendTo(
        IChatRenderer renderer, JsonObject payload, ChatResponse answer, IReadOnlyList<FunctionResult> results, JsonObject? rawAnswer = null)
    {
        ArgumentNullException.ThrowIfNull(renderer);
        ArgumentNullException.ThrowIfNull(payload);
        var list = ListOf(payload, renderer.Dialect);
        var rendered = renderer.RenderMessages(Of(answer, results));
        var own = rawAnswer is null ? Signed(answer, renderer.Dialect) : OwnPart(rawAnswer, rendered, renderer.Dialect);
        if (own is null)
        {
            Unsigned(payload, rendered, answer, renderer.Dialect);
        }

        foreach (var entry in own ?? [])
        {
            list.Add(entry);
        }

        // Rendered together, so that each result finds its call, and then parted.
        foreach (var entry in rendered.Where(entry => own is null || !IsAssistant(entry, renderer.Dialect)).ToArray())
        {
            rendered.Remove(entry);
            list.Add(entry);
        }
    }

    /// <summary>The assistant's part with what was signed of it; null if nothing was that this dialect could use.</summary>
    private static IReadOnlyList<JsonNode>? Signed(ChatResponse answer, ChatDialect dialect)
    {
        if (ThoughtsOf(answer) is not { } signed || signed.Dialect != dialect)
        {
            return null;
        }

        var message = Conversation.Stretch([new ModelMessage { Role = MessageRole.Assistant, Content = answer.Content, ToolCalls = answer.ToolCalls }]);
        var entries = dialect == ChatDialect.Gemini ? GeminiContents.Render(message, [signed]) : AnthropicMessages.Render(message, [signed]);
        return [.. entries.Select(static entry => entry!.DeepClone())];
    }

    private static JsonArray ListOf(JsonObject payload, ChatDialect dialect)
    {
        var name = dialect switch
        {
            ChatDialect.OpenAIResponses => "input",
            ChatDialect.Gemini => "contents",
            _ => "messages",
        };
        if (payload[name] is JsonArray list)
        {
            return list;
        }

        // The responses API takes a text for a list of one message.
        var made = payload[name] is JsonValue text ? new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text.DeepClone() }) : [];
        payload[name] = made;
        return made;
    }

    /// <summary>
    /// The provider's own part with the ids that the results name. They differ from its own where those are none that the dialect takes, or missing. Null
    /// if its calls are not those of the answer: a call without a result, or a result without a call, is refused.
    /// </summary>
    private static IReadOnlyList<JsonNode>? OwnPart(JsonObject rawAnswer, JsonArray rendered, ChatDialect dialect)
    {
        if (RawAnswers.Assistant(rawAnswer, dialect) is not { } own)
        {
            return null;
        }

        var calls = RawAnswers.Calls(own, dialect);
        var fitted = RawAnswers.Calls(rendered.Where(entry => IsAssistant(entry, dialect)), dialect);
        if (calls.Count != fitted.Count)
        {
            return null;
        }

        if (RawAnswers.IdField(dialect) is { } field)
        {
            for (var i = 0; i < calls.Count; i++)
            {
                calls[i][field] = fitted[i][field]?.DeepClone();
            }
        }

        return own;
    }

    /// <summary>Makes up for the signatures that an answer in pieces did not keep: Gemini takes a word for them, Anthropic goes on without thinking.</summary>
    private static void Unsigned(JsonObject payload, JsonArray rendered, ChatResponse answer, ChatDialect dialect)
    {
        switch (dialect)
        {
            case ChatDialect.Gemini when ModelFamilies.Version(answer.Model) >= SigningGemini:
                GeminiContents.Sign(rendered);
                break;
            case ChatDialect.Anthropic:
                payload.Remove("thinking");
                break;
        }
    }

    private static bool IsAssistant(JsonNode? entry, ChatDialect dialect) => dialect switch
    {
        ChatDialect.OpenAIResponses => entry?["type"]?.GetValue<string>() != "function_call_output",
        ChatDialect.Gemini => entry?["role"]?.GetValue<string>() == "model",
        _ => entry?["role"]?.GetValue<string>() == "assistant",
    };
}
