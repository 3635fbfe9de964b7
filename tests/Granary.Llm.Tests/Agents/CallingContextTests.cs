using Granary.Llm.Agents;

namespace Granary.Llm.Tests.Agents;

public class CallingContextTests
{
    [Fact]
    public void Without_headers_the_defaults_hold()
    {
        var context = CallingContext.FromHeaders([]);

        (context.TenantId, context.UserId, context.SessionId, context.Model, context.Temperature, context.MaxTokens)
            .ShouldBe(("default", null, null, "gpt-4o", 0.7, null));
        new CallingContext().Temperature.ShouldBe(0);
        new CallingContext().MaxTokens.ShouldBe(4_000);
    }

    [Fact]
    public void Headers_are_read_without_regard_to_case()
    {
        var context = CallingContext.FromHeaders(Headers(
            ("x-tenant-id", "acme"), ("X-USER-ID", "ada"), ("x-Session-Id", "s1"), ("x-agent-id", "helper"), ("X-Model-Name", "claude-x"), ("x-temperature", "1.5"),
            ("x-max-tokens", "64"), ("x-username", "Ada L."), ("x-chat-id", "c"), ("x-channel-id", "mail"), ("x-channel-ts", "12.5"), ("x-moment-id", "m")));

        (context.TenantId, context.UserId, context.SessionId, context.AgentId).ShouldBe(("acme", "ada", "s1", "helper"));
        (context.Model, context.Temperature, context.MaxTokens).ShouldBe(("claude-x", 1.5, 64));
        (context.Username, context.ChatId, context.ChannelContext, context.ChannelTs, context.MomentId).ShouldBe(("Ada L.", "c", "mail", "12.5", "m"));
    }

    [Fact]
    public void A_thread_is_a_session_unless_one_is_named()
    {
        CallingContext.FromHeaders(Headers(("X-Thread-ID", "t"))).SessionId.ShouldBe("t");
        CallingContext.FromHeaders(Headers(("X-Thread-ID", "t"), ("X-Session-ID", "s"))).SessionId.ShouldBe("s");
    }

    [Fact]
    public void Every_x_header_is_kept_and_no_other()
    {
        var context = CallingContext.FromHeaders(Headers(("X-Own", "1"), ("x-own", "2"), ("Authorization", "secret"), ("X-Empty", " ")));

        context.Headers.Count.ShouldBe(1);
        context.Headers["x-OWN"].ShouldBe("1");
    }

    [Fact]
    public void Overrides_win_over_headers_and_headers_over_defaults()
    {
        var body = new CallingContext { Model = "from-body", Temperature = 0.1, MaxTokens = 9 };

        var context = CallingContext.FromHeaders(Headers(("X-Model-Name", "from-header"), ("X-Max-Tokens", "5")), c => c with { MaxTokens = 1 }, body);

        (context.Model, context.Temperature, context.MaxTokens).ShouldBe(("from-header", 0.1, 1));
    }

    [Fact]
    public void An_authenticated_tenant_is_never_overridden_by_a_header()
    {
        var claimed = CallingContext.FromHeaders(Headers(("X-Tenant-ID", "victim"), ("X-User-ID", "boss")));

        var service = claimed.WithCredential("acme");
        (service.TenantId, service.UserId).ShouldBe(("acme", "boss"));
        var user = claimed.WithCredential("acme", "ada");
        (user.TenantId, user.UserId).ShouldBe(("acme", "ada"));
    }

    [Theory]
    [InlineData("X-Temperature", "warm")]
    [InlineData("X-Temperature", "NaN")]
    [InlineData("X-Temperature", "2.1")]
    [InlineData("X-Max-Tokens", "1.5")]
    [InlineData("X-Max-Tokens", "0")]
    [InlineData("X-Max-Tokens", "99999999999")]
    public void Numbers_that_are_none_are_refused_by_name(string name, string value) =>
        Should.Throw<InvalidRequestException>(() => CallingContext.FromHeaders(Headers((name, value)))).Field.ShouldBe(name);

    [Fact]
    public void Keys_follow_the_grammar_of_ids()
    {
        CallingContext.FromHeaders([]).ToUserKey().ShouldBeNull();
        CallingContext.FromHeaders(Headers(("X-User-ID", "ada"))).ToSessionKey().ShouldBeNull();
        CallingContext.FromHeaders(Headers(("X-User-ID", "ada"), ("X-Session-ID", "s"))).ToSessionKey().ShouldBe(new SessionKey("default", "ada", "s"));
        Should.Throw<InvalidRequestException>(() => CallingContext.FromHeaders(Headers(("X-User-ID", "a/b"))).ToUserKey());
    }

    [Fact]
    public void It_streams_where_the_caller_wants_it_or_listens()
    {
        new CallingContext().IsStreaming.ShouldBeFalse();
        new CallingContext { PrefersStreaming = true }.IsStreaming.ShouldBeTrue();
        new CallingContext { StreamingCallback = (_, _) => default }.IsStreaming.ShouldBeTrue();
    }

    private static IEnumerable<KeyValuePair<string, string>> Headers(params (string Name, string Value)[] headers) =>
        headers.Select(header => KeyValuePair.Create(header.Name, header.Value));
}
