using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Llm.Tests.Rendering;

/// <summary>What each provider refuses, as far as it is known: the rules that a rendered body must keep.</summary>
internal static class DialectRules
{
    /// <summary>Checks a body.</summary>
    public static void Check(ChatDialect dialect, JsonObject body)
    {
        switch (dialect)
        {
            case ChatDialect.OpenAIChat:
                CheckOpenAI(Messages(body), "^[a-zA-Z0-9_-]{1,40}$");
                break;

            case ChatDialect.Mistral:
                CheckOpenAI(Messages(body), "^[a-zA-Z0-9]{9}$");
                CheckMistral(Messages(body));
                break;

            case ChatDialect.OpenAIResponses:
                CheckResponses(body);
                break;

            case ChatDialect.Anthropic:
                CheckAnthropic(body);
                break;

            case ChatDialect.Gemini:
                CheckGemini(body);
                break;

            default:
                CheckOllama(Messages(body));
                break;
        }
    }

    private static List<JsonObject> Messages(JsonObject body, string name = "messages")
    {
        var list = body[name]!.AsArray().Select(item => item!.AsObject()).ToList();
        list.ShouldNotBeEmpty();
        return list;
    }

    private static string Text(JsonObject item, string name) => item[name]!.GetValue<string>();

    private static void CheckOpenAI(List<JsonObject> messages, string id)
    {
        var open = new Queue<string>();
        var seen = new HashSet<string>();
        foreach (var message in messages)
        {
            var role = Text(message, "role");
            if (role == "tool")
            {
                open.ShouldNotBeEmpty("a result without a call");
                Text(message, "tool_call_id").ShouldBe(open.Dequeue());
                message["content"].ShouldNotBeNull();
                continue;
            }

            open.ShouldBeEmpty("a call without a result");
            role.ShouldBeOneOf("system", "user", "assistant");
            if (message["name"] is { } name)
            {
                name.GetValue<string>().ShouldMatch(@"^[^\s<|\\/>]{1,64}$");
            }

            var calls = message["tool_calls"]?.AsArray();
            if (calls is null)
            {
                NotBlank(message["content"]);
                continue;
            }

            role.ShouldBe("assistant");
            calls.ShouldNotBeEmpty();
            foreach (var call in calls.Select(item => item!.AsObject()))
            {
                Text(call, "id").ShouldMatch(id);
                seen.Add(Text(call, "id")).ShouldBeTrue("an id twice");
                open.Enqueue(Text(call, "id"));
                CheckName(Text(call["function"]!.AsObject(), "name"));
                call["function"]!["arguments"]!.GetValueKind().ShouldBe(JsonValueKind.String);
            }
        }

        open.ShouldBeEmpty("a call without a result");
    }

    private static void CheckMistral(List<JsonObject> messages)
    {
        var previous = "";
        foreach (var message in messages)
        {
            var role = Text(message, "role");
            if (role == "system")
            {
                previous.ShouldBe("", "only one, at the beginning");
            }

            if (role != "tool" && role == previous)
            {
                throw new ShouldAssertException($"two neighbours of {role}");
            }

            if (previous == "tool")
            {
                role.ShouldBeOneOf("assistant", "tool");
            }

            foreach (var call in message["tool_calls"]?.AsArray() ?? [])
            {
                JsonNode.Parse(call!["function"]!["arguments"]!.GetValue<string>()).ShouldBeOfType<JsonObject>();
            }

            previous = role;
        }

        if (previous == "assistant")
        {
            messages[^1]["prefix"]!.GetValue<bool>().ShouldBeTrue();
        }
    }

    private static void CheckResponses(JsonObject body)
    {
        var open = new List<string>();
        var seen = new HashSet<string>();
        foreach (var item in Messages(body, "input"))
        {
            switch (item["type"]?.GetValue<string>())
            {
                case "function_call":
                    Text(item, "call_id").ShouldMatch("^[a-zA-Z0-9_-]{1,64}$");
                    seen.Add(Text(item, "call_id")).ShouldBeTrue("an id twice");
                    CheckName(Text(item, "name"));
                    item["arguments"]!.GetValueKind().ShouldBe(JsonValueKind.String);
                    open.Add(Text(item, "call_id"));
                    break;

                case "function_call_output":
                    open.ShouldContain(Text(item, "call_id"));
                    open.Remove(Text(item, "call_id"));
                    item["output"].ShouldNotBeNull();
                    break;

                default:
                    open.ShouldBeEmpty("a call without a result");
                    Text(item, "role").ShouldBeOneOf("system", "user", "assistant");
                    NotBlank(item["content"]);
                    break;
            }
        }

        open.ShouldBeEmpty("a call without a result");
    }

    private static void CheckAnthropic(JsonObject body)
    {
        body["max_tokens"]!.GetValue<int>().ShouldBeGreaterThan(0);
        var messages = Messages(body);
        Text(messages[0], "role").ShouldBe("user");
        var open = new List<string>();
        var seen = new HashSet<string>();
        for (var index = 0; index < messages.Count; index++)
        {
            var role = Text(messages[index], "role");
            role.ShouldBe(index % 2 == 0 ? "user" : "assistant", "roles alternate, and none is the tool's");
            var content = messages[index]["content"]!;
            NotBlank(content);
            var blocks = content as JsonArray ?? [];
            var results = blocks.TakeWhile(block => Text(block!.AsObject(), "type") == "tool_result").Select(block => Text(block!.AsObject(), "tool_use_id")).ToList();
            results.ShouldBe(open, "all results, in order, at the beginning of the next message");
            open.Clear();
            foreach (var block in blocks.Skip(results.Count).Select(block => block!.AsObject()))
            {
                switch (Text(block, "type"))
                {
                    case "text" or "image" or "document":
                        (role == "user" || Text(block, "type") == "text").ShouldBeTrue();
                        break;

                    case "tool_use":
                        role.ShouldBe("assistant");
                        Text(block, "id").ShouldMatch("^[a-zA-Z0-9_-]{1,64}$");
                        seen.Add(Text(block, "id")).ShouldBeTrue("an id twice");
                        CheckName(Text(block, "name"));
                        block["input"].ShouldBeOfType<JsonObject>();
                        body["tools"].ShouldNotBeNull();
                        open.Add(Text(block, "id"));
                        break;

                    default:
                        throw new ShouldAssertException($"{Text(block, "type")} in a message of {role}");
                }
            }
        }

        open.ShouldBeEmpty("a call without a result");
        if (messages[^1]["content"] is JsonValue last && Text(messages[^1], "role") == "assistant")
        {
            last.GetValue<string>().ShouldNotEndWith(" ");
        }
    }

    private static void CheckGemini(JsonObject body)
    {
        var contents = Messages(body, "contents");
        var open = new List<string>();
        for (var index = 0; index < contents.Count; index++)
        {
            Text(contents[index], "role").ShouldBe(index % 2 == 0 ? "user" : "model");
            var parts = contents[index]["parts"]!.AsArray().Select(part => part!.AsObject()).ToList();
            parts.ShouldNotBeEmpty();
            parts.Select(part => part["functionResponse"]).Where(response => response is not null).Select(response => Text(response!.AsObject(), "name")).ShouldBe(open);
            open.Clear();
            foreach (var part in parts)
            {
                if (part["text"] is { } text)
                {
                    text.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
                }

                if (part["functionResponse"] is JsonObject response)
                {
                    response["response"].ShouldBeOfType<JsonObject>().ShouldNotBeNull();
                }

                if (part["functionCall"] is JsonObject call)
                {
                    (index % 2).ShouldBe(1);
                    CheckName(Text(call, "name"));
                    call["args"].ShouldBeOfType<JsonObject>();
                    open.Add(Text(call, "name"));
                }
            }
        }

        open.ShouldBeEmpty("a call without a response");
    }

    private static void CheckOllama(List<JsonObject> messages)
    {
        var open = new Queue<string>();
        foreach (var message in messages)
        {
            var role = Text(message, "role");
            message["content"]!.GetValueKind().ShouldBe(JsonValueKind.String);
            if (role == "tool")
            {
                Text(message, "tool_name").ShouldBe(open.Dequeue());
                continue;
            }

            open.ShouldBeEmpty("a call without a result");
            role.ShouldBeOneOf("system", "user", "assistant");
            (Text(message, "content").Trim().Length > 0 || message.ContainsKey("tool_calls") || message.ContainsKey("images")).ShouldBeTrue("empty");
            foreach (var call in message["tool_calls"]?.AsArray() ?? [])
            {
                call!["function"]!["arguments"].ShouldBeOfType<JsonObject>();
                open.Enqueue(call["function"]!["name"]!.GetValue<string>());
            }
        }

        open.ShouldBeEmpty("a call without a result");
    }

    private static void CheckName(string name) => name.ShouldMatch("^[a-zA-Z0-9_-]{1,64}$");

    private static void NotBlank(JsonNode? content)
    {
        content.ShouldNotBeNull();
        if (content is JsonValue text)
        {
            text.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
            return;
        }

        content.AsArray().ShouldNotBeEmpty();
        foreach (var part in content.AsArray())
        {
            if (part!["text"] is { } piece)
            {
                piece.GetValue<string>().ShouldNotBeNullOrWhiteSpace();
            }
        }
    }
}
