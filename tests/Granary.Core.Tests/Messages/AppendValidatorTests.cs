using System.Text;
using System.Text.Json;
using Granary.Core.Messages;

namespace Granary.Core.Tests.Messages;

public class AppendValidatorTests
{
    private static readonly Message User = new() { Role = MessageRole.User, Content = "When does the train leave?" };
    private static readonly Message Assistant = new() { Role = MessageRole.Assistant, Content = "At 9:14 from platform 3." };
    private static readonly Message Calling = new() { Role = MessageRole.Assistant, ToolCalls = [Call("call_1")] };
    private static readonly Message Result = new() { Role = MessageRole.Tool, ToolCallId = "call_1", Content = "9:14" };
    private static readonly string LoneSurrogate = "a\uD800b";
    private static readonly string LongName = new('n', MessageLimits.MaxNameLength + 1);

    public static TheoryData<string, AppendRequest, string> BadRequests()
    {
        var data = new TheoryData<string, AppendRequest, string>
        {
            { "messages", new AppendRequest { Messages = null! }, "is required" },
            { "messages", Request(), "must hold 1 to 100" },
            { "messages[1]", Request(User, null!), "is required" },
            { "Idempotency-Key", Request(User) with { IdempotencyKey = "" }, "1 to 255 visible ASCII" },
            { "Idempotency-Key", Request(User) with { IdempotencyKey = new string('k', 256) }, "1 to 255 visible ASCII" },
            { "Idempotency-Key", Request(User) with { IdempotencyKey = "a b" }, "1 to 255 visible ASCII" },
            { "Idempotency-Key", Request(User) with { IdempotencyKey = "schlüssel" }, "1 to 255 visible ASCII" },
            { "agent_id", Request(User) with { AgentId = "a/b" }, "must be 1 to 128 characters" },
            { "agent_id", Request(User) with { AgentId = "" }, "must be 1 to 128 characters" },
            { "resource", Request(User) with { Resource = ".." }, "must be 1 to 128 characters" },
            { "messages[1].id", Request(User with { Id = "a" }, Assistant with { Id = "a" }), "comes twice in the request" },
            { "messages[99].id", Request([.. Enumerable.Range(0, 100).Select(i => User with { Id = $"m{i % 99}" })]), "comes twice in the request" },
        };

        Message(User with { Role = (MessageRole)4 }, "role", "must be system, user, assistant or tool");
        Message(User with { Role = (MessageRole)(-1) }, "role", "must be system, user, assistant or tool");
        Message(User with { Id = "" }, "id", "must be 1 to 256 characters");
        Message(User with { Id = LongName }, "id", "must be 1 to 256 characters");
        Message(User with { Id = "a\nb" }, "id", "control character");
        Message(User with { Id = LoneSurrogate }, "id", "must be 1 to 256 characters");
        Message(User with { Name = "" }, "name", "must be 1 to 256 characters");
        Message(User with { Name = LongName }, "name", "must be 1 to 256 characters");
        Message(User with { Name = "a\u0085" }, "name", "control character");
        Message(User with { Name = "😀\t" }, "name", "control character");
        Message(User with { Content = "" }, "content", "must not be empty");
        Message(User with { Content = null }, "content", "must not be empty");
        Message(User with { Content = " \t\r\n\u00A0" }, "content", "must not be empty");
        Message(User with { Content = "", Media = [] }, "content", "must not be empty");
        Message(User with { Content = LoneSurrogate }, "content", "half of a surrogate pair");
        Message(User with { Content = "\uDE00\uD83D" }, "content", "half of a surrogate pair");
        Message(User with { Content = "end\uD83D" }, "content", "half of a surrogate pair");
        Message(Assistant with { Reasoning = LoneSurrogate }, "reasoning", "half of a surrogate pair");
        Message(Result with { ToolError = LoneSurrogate }, "tool_error", "half of a surrogate pair");
        Message(User with { Timestamp = default(DateTimeOffset) }, "timestamp", "years 1900 to 2199");
        Message(User with { Timestamp = DateTimeOffset.MaxValue }, "timestamp", "years 1900 to 2199");
        Message(User with { Metadata = Json("[1]") }, "metadata", "must be a JSON object");
        Message(User with { Metadata = Json("null") }, "metadata", "must be a JSON object");
        Message(User with { Metadata = default(JsonElement) }, "metadata", "must be a JSON object");
        Message(User with { Metadata = Json("""{"a":{"b":1,"b":2}}""") }, "metadata", "must not repeat a property name");
        Message(User with { Metadata = Json("""{"a":1,"\u0061":2}""") }, "metadata", "must not repeat a property name");
        Message(User with { Metadata = Json("{" + string.Join(',', Enumerable.Range(0, 20).Select(i => $"\"p{i % 19}\":1")) + "}") }, "metadata", "must not repeat");
        Message(User with { Metadata = Json("""{"a":"\ud83d"}""") }, "metadata", "half of a surrogate pair");
        Message(User with { Metadata = Json("""{"a":"\ude00\ud83d"}""") }, "metadata", "half of a surrogate pair");
        Message(User with { Metadata = Json("""{"a":["\ud83d-\ude00"]}""") }, "metadata", "half of a surrogate pair");
        Message(User with { Metadata = Json("""{"\ud83d":1}""") }, "metadata", "half of a surrogate pair");
        Message(User with { Metadata = Json([(byte)'{', (byte)'"', 0xC3, (byte)'"', (byte)':', (byte)'1', (byte)'}']) }, "metadata", "is not valid UTF-8");
        Message(User with { Metadata = Nested(33) }, "metadata", "nested deeper than 32 levels");
        Message(User with { Media = [null!] }, "media[0]", "is required");
        Message(User with { Media = [Picture, Picture with { Type = (MediaKind)9 }] }, "media[1].type", "must be image, audio, video or file");
        Message(User with { Media = [Picture with { Url = null! }] }, "media[0].url", "is required");
        Message(User with { Media = [Picture with { Url = "" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = "/a.png" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = "a.png" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = @"C:\a.png" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = "https://a b" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = "https://" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = "https:" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = "data:image/png;base64" }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { Url = "https://a/" + LoneSurrogate }] }, "media[0].url", "must be an absolute address");
        Message(User with { Media = [Picture with { MimeType = "" }] }, "media[0].mime_type", "must be 1 to 256 characters");
        Message(User with { Media = [Picture with { Description = LoneSurrogate }] }, "media[0].description", "half of a surrogate pair");
        Message(Result with { ToolCallId = null }, "tool_call_id", "is required in a tool message");
        Message(Result with { ToolCallId = "" }, "tool_call_id", "must be 1 to 256 characters");
        Message(Result with { ToolCallId = LongName }, "tool_call_id", "must be 1 to 256 characters");
        Message(User with { ToolCallId = "call_1" }, "tool_call_id", "belongs to tool messages only");
        Message(Assistant with { ToolError = "failed" }, "tool_error", "belongs to tool messages only");
        Message(User with { ToolCalls = [Call("call_1")] }, "tool_calls", "belong to assistant messages only");
        Message(Result with { ToolCalls = [Call("call_1")] }, "tool_calls", "belong to assistant messages only");
        Message(Assistant with { ToolCalls = [] }, "tool_calls", "must not be empty");
        Message(Assistant with { ToolCalls = [null!] }, "tool_calls[0]", "is required");
        Message(Assistant with { ToolCalls = [Call(null!)] }, "tool_calls[0].id", "is required");
        Message(Assistant with { ToolCalls = [Call("")] }, "tool_calls[0].id", "must be 1 to 256 characters");
        Message(Assistant with { ToolCalls = [Call("a"), Call("b"), Call("a")] }, "tool_calls[2].id", "comes twice in the message");
        Message(Assistant with { ToolCalls = [Call("a") with { Name = null! }] }, "tool_calls[0].name", "is required");
        Message(Assistant with { ToolCalls = [Call("a") with { Name = "x\0" }] }, "tool_calls[0].name", "control character");
        Message(Assistant with { ToolCalls = [Call("a") with { Arguments = default }] }, "tool_calls[0].arguments", "must be a JSON object or a string");
        Message(Assistant with { ToolCalls = [Call("a") with { Arguments = Json("[]") }] }, "tool_calls[0].arguments", "must be a JSON object or a string");
        Message(Assistant with { ToolCalls = [Call("a") with { Arguments = Json("null") }] }, "tool_calls[0].arguments", "must be a JSON object or a string");
        Message(Assistant with { ToolCalls = [Call("a") with { Arguments = Json("\"\\udc00\"") }] }, "tool_calls[0].arguments", "half of a surrogate pair");
        Message(Assistant with { ToolCalls = [Call("a") with { Arguments = Nested(40) }] }, "tool_calls[0].arguments", "nested deeper than 32 levels");
        return data;

        void Message(Message message, string field, string rule) => data.Add($"messages[1].{field}", Request(User, message), rule);
    }

    public static TheoryData<string, AppendRequest> LargeRequests() => new()
    {
        { "messages", Request([.. Enumerable.Repeat(User, 101)]) },
        { "messages[1]", Request(User, User with { Content = new string('x', MessageLimits.MaxMessageBytes + 1) }) },
        { "messages[0]", Request(User with { Content = new string('é', (MessageLimits.MaxMessageBytes / 2) + 1) }) },
        { "messages[0]", Request(Assistant with { Reasoning = new string('x', MessageLimits.MaxMessageBytes) }) },
        { "messages[0]", Request(Result with { ToolError = new string('x', MessageLimits.MaxMessageBytes) }) },
        { "messages[0]", Request(Assistant with { ToolCalls = [Call("a") with { Arguments = Json($"\"{new string('x', MessageLimits.MaxMessageBytes)}\"") }] }) },
        { "messages[0]", Request(User with { Media = [Picture with { Url = "data:," + new string('x', MessageLimits.MaxMessageBytes) }] }) },
        { "messages[0]", Request(User with { Media = [Picture with { Description = new string('x', MessageLimits.MaxMessageBytes) }] }) },
        { "messages[0].metadata", Request(User with { Metadata = Json($$"""{"a":"{{new string('x', MessageLimits.MaxMetadataBytes - 7)}}"}""") }) },
        { "messages", Request([.. Enumerable.Repeat(User with { Content = new string('x', 210_000) }, 5)]) },
    };

    public static TheoryData<AppendRequest> GoodRequests() => new()
    {
        Request(User),
        Request(User, Assistant),
        Request([.. Enumerable.Range(0, 100).Select(i => User with { Id = $"m{i}" })]),
        Request(User, Calling, Result, Assistant) with { IdempotencyKey = "!~", AgentId = "default", Resource = "support" },
        Request(Result with { Content = "" }),
        Request(Result with { Content = "", ToolError = "" }),
        Request(User with { Content = "", Media = [Picture] }),
        Request(User with { Media = [Picture with { Url = "data:," }, Picture with { Url = "data:image/png;base64," + new string('A', 200_000) }, Picture with { Url = "s3://bucket/key" }] }),
        Request(User with { Content = "😀", Name = "Zoë 😀", Id = "😀", Timestamp = DateTimeOffset.UnixEpoch }),
        Request(User with { Content = new string('x', MessageLimits.MaxMessageBytes) }),
        Request(User with { Content = new string('é', MessageLimits.MaxMessageBytes / 2) }),
        Request([.. Enumerable.Repeat(User with { Content = new string('é', MessageLimits.MaxMessageBytes / 2) }, 4)]),
        Request(User with { Metadata = Json($$"""{"a":"{{new string('x', MessageLimits.MaxMetadataBytes - 8)}}"}""") }),
        Request(User with { Metadata = Json("""{"a":"\ud83d\ude00","b":"C:\\u","c":[{"b":1},{"b":"\\ud800"}],"":null}""") }),
        Request(User with { Metadata = Nested(32) }),
        Request(Assistant with { ToolCalls = [Call("a") with { Arguments = Json("\"{broken\"") }, Call("b") with { Arguments = Json("{}") }] }),
        Request(User with { Sequence = 7, Turn = 3, Redacted = true }),
    };

    [Theory]
    [MemberData(nameof(BadRequests), DisableDiscoveryEnumeration = true)]
    public void A_broken_rule_is_named_with_its_field(string field, AppendRequest request, string rule)
    {
        var refused = Should.Throw<InvalidRequestException>(() => AppendValidator.Validate(request));
        refused.Field.ShouldBe(field);
        refused.Rule.ShouldContain(rule);
    }

    [Theory]
    [MemberData(nameof(LargeRequests), DisableDiscoveryEnumeration = true)]
    public void What_is_too_large_is_refused_as_such(string field, AppendRequest request) =>
        Should.Throw<TooLargeException>(() => AppendValidator.Validate(request)).Field.ShouldBe(field);

    [Theory]
    [MemberData(nameof(GoodRequests), DisableDiscoveryEnumeration = true)]
    public void What_follows_the_rules_is_taken(AppendRequest request) => Should.NotThrow(() => AppendValidator.Validate(request));

    [Fact]
    public void A_message_on_its_own_is_named_as_the_caller_says()
    {
        Should.Throw<InvalidRequestException>(() => AppendValidator.ValidateMessage(User with { Content = "" }, "system_prompt")).Field.ShouldBe("system_prompt.content");
        Should.Throw<InvalidRequestException>(() => AppendValidator.ValidateMessage(null!, "line 3")).Message.ShouldBe("line 3 is required");
        Should.NotThrow(() => AppendValidator.ValidateMessage(User, "system_prompt"));
    }

    [Fact]
    public void Checking_a_good_turn_allocates_nothing()
    {
        var request = Request(User with { Id = "m1", Name = "Ann" }, Calling, Result, Assistant) with { IdempotencyKey = "key", AgentId = "a", Resource = "r" };

        // Code that the runtime has not optimized yet allocates here and there on its own, so it gets some seconds to settle.
        SpinWait.SpinUntil(() => AllocatedByHundred(request) == 0, TimeSpan.FromSeconds(10)).ShouldBeTrue();
    }

    private static long AllocatedByHundred(AppendRequest request)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            AppendValidator.Validate(request);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static MediaReference Picture { get; } = new(MediaKind.Image, "https://example.org/a.png", "image/png", "A train.");

    private static AppendRequest Request(params Message[] messages) => new() { Messages = messages };

    private static ToolCall Call(string id) => new(id, "timetable", Json("""{"from":"Bern"}"""));

    private static JsonElement Json(string json) => Json(Encoding.UTF8.GetBytes(json));

    private static JsonElement Json(byte[] json) => JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 100 }).RootElement;

    private static JsonElement Nested(int depth) => Json(string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth));
}
