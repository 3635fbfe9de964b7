using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;

namespace Granary.Http.Tests.Proxy;

/// <summary>The providers' official clients against the proxy; nothing but their base address is changed.</summary>
public sealed class OfficialClientTests : ProxyTest
{
    private Process? _provider;

    public override async Task InitializeAsync()
    {
        if (NodePackages.Problem is null)
        {
            (_provider, var address) = await NodePackages.StartProviderAsync();
            foreach (var provider in (string[])["openai", "anthropic", "gemini"])
            {
                Fixture.Settings[$"Granary:Providers:{provider}:BaseUrl"] = address.ToString();
            }
        }

        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        _provider?.Kill();
        _provider?.Dispose();
        await base.DisposeAsync();
    }

    [NodeFact]
    public async Task Npms_clients_of_openai_and_anthropic_work_and_are_remembered()
    {
        var seen = JsonNode.Parse(await NodePackages.RunAsync("clients.mjs", Fixture.Server.Address.ToString().TrimEnd('/')))!;

        foreach (var name in (string[])["chat", "chatStream", "afterTool", "response", "responseStream", "responseOfAnother", "message", "messageStream", "afterUse", "messageOfAnother"])
        {
            ((string?)seen[name]).ShouldBe("Understood.", name);
        }

        ((string?)seen["session"]).ShouldBe("openai");
        seen["call"]!.ToJsonString().ShouldBe("""["clock","{\u0022zone\u0022:\u0022UTC\u0022}"]""");
        seen["use"]!.ToJsonString().ShouldBe("""["clock",{"zone":"UTC"}]""");
        ((bool?)seen["models"], (bool?)seen["vector"]).ShouldBe((true, true));
        seen["openaiError"]!.ToJsonString().ShouldBe("""["NotFoundError",404,"model_not_found"]""");
        seen["anthropicError"]!.ToJsonString().ShouldBe("""["NotFoundError",404,"not_found_error"]""");

        var openai = await ViewAsync("openai", "node");
        openai.Length.ShouldBe(8, string.Join(" | ", openai));
        openai[^1].ShouldBe("a:Understood.");
        openai[^2].ShouldEndWith("12:00");
        var anthropic = await ViewAsync("anthropic", "node");
        anthropic.Length.ShouldBe(10, string.Join(" | ", anthropic));
        (await ViewAsync((string)seen["responseSession"]!, "node")).ShouldBe(
            ["u:Hello to responses", "a:Understood.", "u:Go on", "a:Understood.", "u:And on", "a:Understood."]);
    }

    [NodeFact]
    public async Task The_openai_package_of_dotnet_works_and_is_remembered()
    {
        var client = Client("/p/net/s/v1");
        var clock = ChatTool.CreateFunctionTool("clock", "Tells the time.", BinaryData.FromString("""{"type":"object","properties":{"zone":{"type":"string"}}}"""));

        (await client.CompleteChatAsync(new UserChatMessage("Hello"))).Value.Content[0].Text.ShouldBe("Understood.");
        var text = "";
        await foreach (var update in client.CompleteChatStreamingAsync(new UserChatMessage("And now?")))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
        }

        text.ShouldBe("Understood.");
        List<ChatMessage> messages = [new UserChatMessage("what time is it")];
        var asked = (await client.CompleteChatAsync(messages, new ChatCompletionOptions { Tools = { clock } })).Value;
        asked.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
        messages.Add(new AssistantChatMessage(asked));
        messages.Add(new ToolChatMessage(asked.ToolCalls[0].Id, "12:00"));
        (await client.CompleteChatAsync(messages, new ChatCompletionOptions { Tools = { clock } })).Value.Content[0].Text.ShouldBe("Understood.");

        (await ViewAsync("s", "net")).Length.ShouldBe(8);
    }

    [Fact]
    public async Task The_openai_package_of_dotnet_understands_the_proxys_errors()
    {
        await Cluster.Session(new SessionKey("default", "net", "s")).AppendAsync(new AppendRequest { Messages = [new Message { Role = MessageRole.User, Content = "Hi" }] });
        await Cluster.Session(new SessionKey("default", "net", "s")).EndAsync();

        var refused = await Should.ThrowAsync<ClientResultException>(() => Client("/p/net/s/v1").CompleteChatAsync(new UserChatMessage("Hello")));
        refused.Status.ShouldBe(409);
        refused.Message.ShouldContain("completed");
    }

    private ChatClient Client(string path) => new(
        "gpt-4o",
        new ApiKeyCredential("sk-none"),
        new OpenAIClientOptions { Endpoint = new Uri(Fixture.Server.Address, path), RetryPolicy = new ClientRetryPolicy(0) });
}
