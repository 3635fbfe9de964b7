using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Tests.Rendering;

public class RenderingProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(200);

    public static TheoryData<ChatDialect> Dialects => Samples.Dialects;

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Any_conversation_becomes_a_body_that_the_provider_takes(ChatDialect dialect) => ForAll(codes =>
    {
        var request = Samples.Request(dialect, ConversationCodes.Read(codes));

        DialectRules.Check(dialect, Reread(Samples.Renderer(dialect).RenderRequest(request)));
    });

    [Theory]
    [MemberData(nameof(Dialects))]
    public void What_is_rendered_and_read_again_says_the_same(ChatDialect dialect) => ForAll(codes =>
    {
        var messages = ConversationCodes.Read(codes, media: false);

        var body = Reread(Samples.Renderer(dialect).RenderRequest(Samples.Request(dialect, messages)));
        body["model"] ??= Samples.Model(dialect);
        var read = Samples.Renderer(dialect).ParseRequest(body).Messages;

        Said(read).ShouldBe(Said(Conversation.Whole(messages)));
        Spoken(read, MessageRole.System).ShouldBe(Spoken(Conversation.Whole(messages), MessageRole.System));
        Conversation.Whole(read).Count.ShouldBe(read.Count, "nothing of what was rendered is left to repair");
    });

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Rendering_is_deterministic(ChatDialect dialect) => ForAll(codes =>
    {
        var request = Samples.Request(dialect, ConversationCodes.Read(codes));

        Samples.Renderer(dialect).RenderRequest(request).ToJsonString().ShouldBe(Samples.Renderer(dialect).RenderRequest(request).ToJsonString());
    });

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Any_stretch_can_be_rendered(ChatDialect dialect) => ForAll(codes =>
        Samples.Renderer(dialect).RenderMessages(ConversationCodes.Read(codes)).ToJsonString().ShouldNotBeNull());

    [Fact]
    public void A_safe_conversation_stays_as_it_is() => ForAll(codes =>
    {
        var once = Conversation.Whole(ConversationCodes.Read(codes));

        Conversation.Whole(once).Select(Show).ShouldBe(once.Select(Show));
    });

    private static string Show(ModelMessage message) =>
        $"{message.Role} {message.Content} {message.ToolCallId} {message.ToolError} [{string.Join(',', message.ToolCalls?.Select(call => $"{call.Id} {call.Name}") ?? [])}]";

    private static void ForAll(Action<int[]> check) => Prop.ForAll(ConversationCodes.Any, codes =>
    {
        check(codes);
        return true;
    }).Check(Many);

    /// <summary>As a provider gets it: through bytes.</summary>
    private static JsonObject Reread(JsonObject body) => JsonNode.Parse(body.ToJsonString())!.AsObject();

    /// <summary>What users, models and tools say, neighbours of one role together, without spaces and what stands for nothing.</summary>
    private static List<string> Said(IReadOnlyList<ModelMessage> messages)
    {
        var said = new List<string>();
        foreach (var message in messages.Where(message => message.Role != MessageRole.System && message.Content != Conversation.Filler))
        {
            var line = message.Role == MessageRole.Tool ? Bare(ToolResults.Text(message, message.Content)) : Bare(message.Content);
            if (message.Role != MessageRole.Tool && said.Count > 0 && said[^1].StartsWith($"{message.Role}:", StringComparison.Ordinal))
            {
                said[^1] += line;
            }
            else if (message.Role == MessageRole.Tool || line.Length > 0)
            {
                said.Add($"{message.Role}:{line}");
            }

            said.AddRange((message.ToolCalls ?? []).Select(call => $"Call:{call.Name} {Bare(ToolArguments.ObjectText(call.Arguments))}"));
        }

        return said;
    }

    private static string Spoken(IEnumerable<ModelMessage> messages, MessageRole role) =>
        string.Concat(messages.Where(message => message.Role == role).Select(message => Bare(message.Content)));

    private static string Bare(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
