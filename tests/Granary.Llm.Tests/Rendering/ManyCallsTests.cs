using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Granary.Llm.Tests.Rendering;

/// <summary>What a client can put into a body of 1 MiB costs time in proportion to it.</summary>
public class ManyCallsTests
{
    [Fact]
    public void Calls_that_all_have_one_id_get_ids_in_linear_time()
    {
        var calls = Enumerable.Range(0, 29_000).Select(_ => Samples.Call("a", "f", "{}")).ToArray();
        var request = Samples.Request(ChatDialect.OpenAIChat, Samples.User("x"), Samples.Assistant("", calls));
        var body = Timed(() => Samples.Renderer(ChatDialect.OpenAIChat).RenderRequest(request));
        var ids = body["messages"]![1]!["tool_calls"]!.AsArray().Select(call => (string)call!["id"]!).ToList();
        ids.Distinct().Count().ShouldBe(29_000);
        ids[..3].ShouldBe(["a", "a_2", "a_3"]);
    }

    [Fact]
    public void An_id_that_looks_like_a_numbered_one_stays_unique()
    {
        var calls = new[] { "a", "a_2", "a", "a_2", "a" }.Select(id => Samples.Call(id, "f", "{}")).ToArray();
        Samples.Renderer(ChatDialect.OpenAIChat).RenderRequest(Samples.Request(ChatDialect.OpenAIChat, Samples.User("x"), Samples.Assistant("", calls)))["messages"]![1]!["tool_calls"]!
            .AsArray().Select(call => (string)call!["id"]!).ShouldBe(["a", "a_2", "a_3", "a_2_2", "a_4"]);
    }

    [Fact]
    public void Call_items_of_Responses_are_read_in_linear_time_into_their_messages()
    {
        var input = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "x" }, new JsonObject { ["role"] = "assistant", ["content"] = "I look." });
        for (var index = 0; index < 20_000; index++)
        {
            input.Add((JsonNode)new JsonObject { ["type"] = "function_call", ["call_id"] = $"c{index}", ["name"] = "f", ["arguments"] = "{}" });
        }

        input.Add((JsonNode)new JsonObject { ["type"] = "function_call_output", ["call_id"] = "c0", ["output"] = "1" });
        input.Add((JsonNode)new JsonObject { ["type"] = "function_call", ["call_id"] = "later", ["name"] = "f", ["arguments"] = "{}" });
        var body = new JsonObject { ["model"] = "m", ["input"] = input };

        var before = GC.GetAllocatedBytesForCurrentThread();
        var messages = Samples.Renderer(ChatDialect.OpenAIResponses).ParseRequest(body).Messages;
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200_000_000);
        messages.Select(message => (message.Role, message.Content, message.ToolCalls?.Count ?? 0)).ShouldBe(
            [(MessageRole.User, "x", 0), (MessageRole.Assistant, "I look.", 20_000), (MessageRole.Tool, "1", 0), (MessageRole.Assistant, "", 1)]);
    }

    /// <summary>Fails where the work grows with the square: that takes a minute, this less than a second, so that a busy machine decides nothing.</summary>
    private static T Timed<T>(Func<T> work)
    {
        var watch = Stopwatch.StartNew();
        var result = work();
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        return result;
    }
}
