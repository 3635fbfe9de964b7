using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Transcripts;

public class ModelMessagesTests
{
    [Fact]
    public void System_messages_come_first_then_the_snapshot_then_the_rest()
    {
        var entries = new TestTranscript().System("One").User("Hi").System("Two").Assistant("Hello").Entries;

        Lines(ModelMessages.Project("what was", entries)).ShouldBe(["System One", "System Two", "User what was", "User Hi", "Assistant Hello"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void An_empty_snapshot_is_no_message(string? snapshot) =>
        ModelMessages.Project(snapshot, new TestTranscript().User("Hi").Entries).Single().Content.ShouldBe("Hi");

    [Fact]
    public void Results_follow_their_calls_in_the_order_of_the_calls_wherever_they_came()
    {
        var entries = new TestTranscript().User("Go").Call("a", "b").User("Still there?").Result("b", "B").Assistant("Yes").Result("a", "A").Entries;

        Lines(ModelMessages.Project(null, entries)).ShouldBe(["User Go", "Assistant  [a,b]", "Tool A (a)", "Tool B (b)", "User Still there?", "Assistant Yes"]);
    }

    // transcript.md 4 [avoid]: tool lines sorted by their number across turns, apart from the dialogue that caused them.
    [Fact]
    public void Tool_results_stay_in_the_turn_that_called_them()
    {
        var entries = new TestTranscript()
            .User("First").Call("call_0").Result("call_0", "one").Assistant("It is one")
            .User("Second").Call("call_0").Result("call_0", "two").Assistant("It is two").Entries;

        Lines(ModelMessages.Project(null, entries)).ShouldBe([
            "User First", "Assistant  [call_0]", "Tool one (call_0)", "Assistant It is one",
            "User Second", "Assistant  [call_0]", "Tool two (call_0)", "Assistant It is two",
        ]);
    }

    [Fact]
    public void An_interrupted_call_gets_a_result_that_says_so()
    {
        var messages = ModelMessages.Project(null, new TestTranscript().User().Call("a", "b").Result("a").User("Never mind").Entries);

        messages.Select(message => message.Role).ShouldBe([MessageRole.User, MessageRole.Assistant, MessageRole.Tool, MessageRole.Tool, MessageRole.User]);
        messages[3].ToolCallId.ShouldBe("b");
        messages[3].Name.ShouldBe("look_up");
        messages[3].ToolError.ShouldBe("interrupted: no result was recorded");
    }

    [Fact]
    public void Calls_at_the_end_are_left_open()
    {
        var messages = ModelMessages.Project(null, new TestTranscript().User().Call("a", "b").Result("b", "B").System().Entries);

        Lines(messages).Skip(1).ShouldBe(["User And then?", "Assistant  [a,b]", "Tool B (b)"]);
    }

    [Fact]
    public void Results_without_their_call_and_second_results_are_left_out()
    {
        var entries = new TestTranscript().User("Go").Result("gone").Call("a").Result("a", "first").Result("a", "again").Entries;

        Lines(ModelMessages.Project(null, entries)).ShouldBe(["User Go", "Assistant  [a]", "Tool first (a)"]);
    }

    [Fact]
    public void Reasoning_is_never_shown_to_a_model_and_media_and_errors_are()
    {
        var entries = new TestTranscript()
            .Add(new() { Role = MessageRole.User, Content = "Look", Media = [new(MediaKind.Image, "https://example.org/a.png")] }, 5)
            .Add(new() { Role = MessageRole.Assistant, Content = "A cat", Reasoning = "whiskers" }, 5)
            .Call("a").Result("a", "", "no such file").Entries;

        var messages = ModelMessages.Project(null, entries);

        typeof(ModelMessage).GetProperty(nameof(Message.Reasoning)).ShouldBeNull();
        messages[0].Media!.Single().Url.ShouldBe("https://example.org/a.png");
        messages[1].Content.ShouldBe("A cat");
        messages[3].ToolError.ShouldBe("no such file");
    }

    [Fact]
    public void Every_call_before_the_end_is_followed_by_one_result_each() =>
        Prop.ForAll(TranscriptCodes.Any, codes =>
        {
            var messages = ModelMessages.Project("s", TranscriptCodes.Read(codes).Entries);
            for (var index = 0; index < messages.Count; index++)
            {
                if (messages[index].ToolCalls is { } calls)
                {
                    var results = messages.Skip(index + 1).TakeWhile(message => message.Role == MessageRole.Tool).Select(message => message.ToolCallId).ToList();
                    var followed = index + 1 + results.Count < messages.Count;
                    results.ShouldBeSubsetOf(calls.Select(call => call.Id));
                    if (followed)
                    {
                        results.ShouldBe(calls.Select(call => call.Id));
                    }
                }
            }

            messages.Count(message => message.Role == MessageRole.Tool && message.ToolCallId is null).ShouldBe(0);
        }).QuickCheckThrowOnFailure();

    private static IEnumerable<string> Lines(IEnumerable<ModelMessage> messages) => messages.Select(message =>
        $"{message.Role} {message.Content}"
        + (message.ToolCalls is { } calls ? $" [{string.Join(',', calls.Select(call => call.Id))}]" : "")
        + (message.ToolCallId is { } id ? $" ({id})" : ""));
}
