using System.Text.Json;

namespace Granary.Conformance.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task A_stored_turn_is_one_entry_of_the_active_context()
    {
        await Memory.Session().AppendAsync(Append(User("Hello"), Assistant("Hi there!")));
        var context = await Memory.Session().GetContextAsync();
        context.ActiveContext.ShouldHaveSingleItem().Messages.Select(m => m.Content).ShouldBe(["Hello", "Hi there!"]);
        context.ActiveContext[0].Turn.ShouldBe(1);
        context.Messages.Select(m => m.Content).ShouldBe(["Hello", "Hi there!"]);
    }

    [Fact]
    public async Task Sequences_begin_at_one_and_have_no_gaps_and_turns_count_user_messages()
    {
        var session = Memory.Session();
        var first = await session.AppendAsync(Append(new Message { Role = MessageRole.System, Content = "Be brief." }, User("a"), Assistant("b")));
        var second = await session.AppendAsync(Append(User("c"), Assistant("d"), Assistant("e")));
        (first.FirstSequence, first.LastSequence).ShouldBe((1, 3));
        (second.FirstSequence, second.LastSequence, second.Turn).ShouldBe((4, 6, 2));
        second.Messages.Select(m => (m.Id, m.Sequence)).ShouldBe([("msg_4", 4L), ("msg_5", 5L), ("msg_6", 6L)]);
        (await HistoryAsync(session)).Select(m => (m.Sequence, m.Turn)).ShouldBe([(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)]);
    }

    [Fact]
    public async Task Every_field_of_every_role_comes_back_after_a_restart()
    {
        Message[] messages =
        [
            new() { Role = MessageRole.System, Content = "Prompt \u2028 with \"quotes\" and 漢字 🎉" },
            new()
            {
                Id = "u-1", Role = MessageRole.User, Content = "Look", Name = "Ada", Timestamp = new DateTimeOffset(2024, 2, 29, 12, 0, 0, 123, TimeSpan.FromHours(2)),
                Metadata = JsonDocument.Parse("""{"a":[1,null,{"b":"ü"}]}""").RootElement,
                Media = [new MediaReference(MediaKind.Image, "https://example.org/a.png", "image/png", "A cat"), new MediaReference(MediaKind.File, "data:,x")],
            },
            new()
            {
                Role = MessageRole.Assistant, Reasoning = "think", ToolCalls =
                [
                    new ToolCall("c1", "find", JsonDocument.Parse("""{"n":1.50,"deep":{"x":[]}}""").RootElement),
                    new ToolCall("c2", "raw", JsonDocument.Parse("\"not json\"").RootElement),
                ],
            },
            new() { Role = MessageRole.Tool, ToolCallId = "c2", Content = "", ToolError = "bad arguments" },
            new() { Role = MessageRole.Tool, ToolCallId = "c1", Content = "found", Name = "find" },
            new() { Role = MessageRole.Assistant, Content = "Done." },
        ];
        await Memory.Session().AppendAsync(Append(messages));
        var before = await HistoryAsync(Memory.Session());
        var context = await Memory.Session().GetContextAsync();
        await Memory.RestartAsync();
        (await HistoryAsync(Memory.Session())).Select(Json).ShouldBe(before.Select(Json));
        var after = await Memory.Session().GetContextAsync();
        after.ActiveContext.SelectMany(t => t.Messages).Select(Json).ShouldBe(context.ActiveContext.SelectMany(t => t.Messages).Select(Json));
        after.Tokens.ShouldBe(context.Tokens);
        var stored = before[1];
        (stored.Id, stored.Name, stored.Timestamp, stored.Media!.Count).ShouldBe(("u-1", "Ada", messages[1].Timestamp, 2));
        stored.Metadata!.Value.GetRawText().ShouldBe(messages[1].Metadata!.Value.GetRawText());
        before[2].ToolCalls![1].Arguments.GetString().ShouldBe("not json");
    }

    [Fact]
    public async Task A_keyed_append_keeps_the_time_that_its_messages_were_said_at()
    {
        var said = new DateTimeOffset(2023, 5, 8, 13, 56, 0, TimeSpan.Zero);
        var append = Append(User("a") with { Timestamp = said }, Assistant("b") with { Timestamp = said.ToOffset(TimeSpan.FromHours(2)) }) with { IdempotencyKey = "k" };
        await Memory.Session().AppendAsync(append);
        (await Memory.Session().AppendAsync(append)).Repeated.ShouldBeTrue();
        (await HistoryAsync(Memory.Session())).Select(m => m.Timestamp).ShouldBe([said, said]);
    }

    [Fact]
    public async Task A_caller_cannot_mark_a_message_as_redacted()
    {
        var result = await Memory.Session().AppendAsync(Append(User("plain") with { Redacted = true, Sequence = 99, Turn = 7 }));
        result.Messages.ShouldHaveSingleItem().Redacted.ShouldBeFalse();
        var stored = (await HistoryAsync(Memory.Session())).ShouldHaveSingleItem();
        (stored.Redacted, stored.Sequence, stored.Turn).ShouldBe((false, 1L, 1));
    }

    [Fact]
    public async Task Append_after_restart_continues_the_sequence()
    {
        await AppendTurnsAsync(Memory.Session(), 1, 3);
        await Memory.RestartAsync();
        var result = await Memory.Session().AppendAsync(Turn(4));
        (result.FirstSequence, result.Turn).ShouldBe((7, 4));
    }

    [Fact]
    public async Task An_append_with_one_bad_message_stores_nothing()
    {
        await Memory.Session().AppendAsync(Turn(1));
        var error = await Should.ThrowAsync<InvalidRequestException>(async () =>
            await Memory.Session().AppendAsync(Append(User("good"), Result("nobody-called"))));
        error.Field.ShouldBe("messages[1].tool_call_id");
        (await HistoryAsync(Memory.Session())).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_bad_append_to_an_unknown_session_creates_nothing()
    {
        await Should.ThrowAsync<InvalidRequestException>(async () => await Memory.Session("new").AppendAsync(Append(Result("c1"))));
        await Should.ThrowAsync<NotFoundException>(async () => await Memory.Session("new").GetContextAsync());
        (await Memory.User().ListSessionsAsync(new SessionQuery())).Sessions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tool_result_may_come_in_a_later_append_and_only_once()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("Look it up"), Call("c1", "c2")));
        await Memory.RestartAsync();
        session = Memory.Session();
        await session.AppendAsync(Append(Result("c2")));
        await Should.ThrowAsync<InvalidRequestException>(async () => await session.AppendAsync(Append(Result("c2"))));
        await session.AppendAsync(Append(Result("c1"), Assistant("Both found.")));
        await Should.ThrowAsync<InvalidRequestException>(async () => await session.AppendAsync(Append(Result("c1"))));
    }

    [Fact]
    public async Task A_call_id_may_be_used_again_once_it_is_answered_but_not_before()
    {
        var session = Memory.Session();
        await session.AppendAsync(Append(User("a"), Call("call_0")));
        var error = await Should.ThrowAsync<InvalidRequestException>(async () => await session.AppendAsync(Append(Call("call_0"))));
        error.Field.ShouldBe("messages[0].tool_calls[0].id");
        await session.AppendAsync(Append(Result("call_0"), User("b"), Call("call_0"), Result("call_0", "again")));
        (await HistoryAsync(session)).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_message_without_a_time_gets_the_time_it_was_stored()
    {
        Memory.Time.Advance(TimeSpan.FromDays(3));
        await Memory.Session().AppendAsync(Turn(1));
        (await HistoryAsync(Memory.Session())).ShouldAllBe(m => m.Timestamp == Memory.Time.GetUtcNow());
    }

    [Fact]
    public async Task An_append_writes_one_document_and_a_keyed_one_two()
    {
        var session = Memory.Session();
        await session.AppendAsync(Turn(1, "first"));
        await Memory.User().ListSessionsAsync(new SessionQuery());
        await Memory.MaintainAsync();
        Memory.Store.TakeCounts();
        await session.AppendAsync(Turn(2));
        var plain = Memory.Store.TakeCounts();
        (plain.Commits, plain.DocumentsWritten).ShouldBe((1, 1));
        await session.AppendAsync(Turn(3, "key"));
        var keyed = Memory.Store.TakeCounts();
        (keyed.Commits, keyed.DocumentsWritten, keyed.Reads).ShouldBe((1, 2, 0));
    }

    [Fact]
    public async Task The_cost_of_an_append_does_not_grow_with_the_history()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 40);
        await Memory.MaintainAsync();
        await session.CompactAsync(new CompactOptions());
        var costs = new List<long>();
        for (var turn = 41; turn <= 45; turn++)
        {
            Memory.Store.TakeCounts();
            await session.AppendAsync(Turn(turn));
            costs.Add(Memory.Store.TakeCounts().BytesWritten);
        }

        // The least of them: a fold in the background may write at the same time.
        costs.Min().ShouldBeLessThan(600);
    }

    [Fact]
    public async Task If_match_refuses_another_state_and_stores_nothing()
    {
        var session = Memory.Session();
        var first = await session.AppendAsync(Turn(1));
        var context = await session.GetContextAsync();
        context.ETag.ShouldBe(first.ETag);
        await session.AppendAsync(Turn(2) with { IfMatch = first.ETag });
        var error = await Should.ThrowAsync<PreconditionFailedException>(async () => await session.AppendAsync(Turn(3) with { IfMatch = first.ETag }));
        error.CurrentETag.ShouldBe((await session.GetInfoAsync()).ETag);
        (await HistoryAsync(session)).Count.ShouldBe(4);
        await session.AppendAsync(Turn(3) with { IfMatch = "*" });
    }

    [Fact]
    public async Task If_match_on_a_session_that_does_not_exist_fails_and_creates_nothing()
    {
        await Should.ThrowAsync<PreconditionFailedException>(async () => await Memory.Session("none").AppendAsync(Turn(1) with { IfMatch = "*" }));
        await Should.ThrowAsync<NotFoundException>(async () => await Memory.Session("none").GetInfoAsync());
    }

    [Fact]
    public async Task Compaction_does_not_change_the_etag()
    {
        var session = Memory.Session();
        await AppendTurnsAsync(session, 1, 8);
        var before = (await session.GetInfoAsync()).ETag;
        (await session.CompactAsync(new CompactOptions { Force = true })).FoldedMessages.ShouldBeGreaterThan(0);
        (await session.GetInfoAsync()).ETag.ShouldBe(before);
    }

    [Fact]
    public async Task Tenants_and_users_with_the_same_session_id_do_not_meet()
    {
        await Memory.Cluster.Session(new SessionKey("t1", "ada", "s")).AppendAsync(Append(User("one"), Assistant("1")));
        await Memory.Cluster.Session(new SessionKey("t2", "ada", "s")).AppendAsync(Append(User("two"), Assistant("2")));
        await Memory.Cluster.Session(new SessionKey("t1", "bob", "s")).AppendAsync(Append(User("three"), Assistant("3")));
        (await HistoryAsync(Memory.Cluster.Session(new SessionKey("t1", "ada", "s")))).Select(m => m.Content).ShouldBe(["one", "1"]);
        (await Memory.Cluster.User(new UserKey("t2", "ada")).ListSessionsAsync(new SessionQuery())).Sessions.ShouldHaveSingleItem();
        await Should.ThrowAsync<NotFoundException>(async () => await Memory.Cluster.Session(new SessionKey("t2", "bob", "s")).GetContextAsync());
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ü")]
    public void Ids_outside_the_grammar_are_refused(string id)
    {
        Should.Throw<InvalidRequestException>(() => Memory.Cluster.Session(new SessionKey("t", "u", id))).Field.ShouldBe("session_id");
        Should.Throw<InvalidRequestException>(() => Memory.Cluster.Session(new SessionKey("t", id, "s"))).Field.ShouldBe("user_id");
        Should.Throw<InvalidRequestException>(() => Memory.Cluster.User(new UserKey(id, "u"))).Field.ShouldBe("tenant_id");
    }
}
