using Granary.Llm.Requests;

namespace Granary.Llm.Tests.Requests;

/// <summary>What a session would refuse for its size is made smaller before the model is paid for an answer that nothing could store.</summary>
public class StorableMessageTests
{
    private static ModelMessage Picture(int size) => new()
    {
        Role = MessageRole.User,
        Content = "What is this?",
        Media = [new MediaReference(MediaKind.Image, "data:image/png;base64," + new string('A', size), "image/png")],
    };

    [Fact]
    public void A_picture_or_a_result_that_is_too_large_is_stored_as_a_mark_and_sent_whole()
    {
        var result = Conversation.Sent("t:c1") with { Content = new string('x', 400_000) };
        ModelMessage[] request = [Picture(400_000), Conversation.Sent("call:c1"), result];
        var merged = TranscriptMerge.Merge(null, request);

        Message[] stored = [.. merged.Older, .. merged.New];
        stored.Length.ShouldBe(3);
        foreach (var message in stored)
        {
            (message.Content.Length + (message.Media?.Sum(media => media.Url.Length) ?? 0)).ShouldBeLessThan(MessageLimits.MaxMessageBytes);
        }

        stored[0].Media!.Single().Url.ShouldStartWith("urn:granary:omitted:");
        stored[2].Content.ShouldContain("cut to be stored");
        merged.Conversation.ShouldBe(request);
    }

    [Fact]
    public void What_was_made_smaller_is_recognised_when_it_comes_again()
    {
        ModelMessage[] asked = [Picture(400_000)];
        var first = TranscriptMerge.Merge(null, asked).New.Single() with { Sequence = 1, Turn = 1 };
        var session = Conversation.Session(["u:x", "a:A cat."], change: message => message.Role == MessageRole.User ? first : message);
        TranscriptMerge.Merge(session, asked).Supersedes.ShouldBe(2L);
        TranscriptMerge.Merge(session, [Picture(400_001)]).Supersedes.ShouldBeNull();
        TranscriptMerge.Merge(session, [.. asked, Conversation.Sent("a:A cat."), Conversation.Sent("u:And this?")]).Conversation.Count.ShouldBe(3);
    }

    [Fact]
    public void A_long_run_of_tools_that_is_answered_anew_is_stored_in_parts_that_appends_take()
    {
        string[] turn = ["u:q", .. Enumerable.Range(1, 60).SelectMany(i => (string[])[$"call:c{i}", $"t:c{i}"])];
        var merged = TranscriptMerge.Merge(Conversation.Session([.. turn, "a:done"]), Conversation.Request(turn));
        merged.New.Count.ShouldBe(120);
        var parts = AppendParts.Of(merged.New);
        parts.Select(part => part.Count).ShouldBe([100, 20]);
        parts.SelectMany(part => part).ShouldBe(merged.New);
        AppendParts.Of(Enumerable.Repeat(new Message { Role = MessageRole.User, Content = new string('x', 200_000) }, 8)).Count.ShouldBe(3);
        AppendParts.Of([]).ShouldBeEmpty();
    }

    [Fact]
    public void A_tool_that_was_run_again_is_stored_with_the_result_that_the_answer_is_made_from()
    {
        var session = Conversation.Session(["u:q", "call:c1", "t:c1", "call:c2", "t:c2", "a:done"]);
        var request = Conversation.Request("u:q", "call:c1", "t:c1", "call:c2", "t:c2");
        request[2] = request[2] with { Content = "other one" };
        request[4] = request[4] with { Content = "other two" };
        var merged = TranscriptMerge.Merge(session, request);
        merged.Supersedes.ShouldBe(2L);
        merged.New.Where(message => message.Role == MessageRole.Tool).Select(message => message.Content).ShouldBe(["other one", "other two"]);

        // Without an answer there is nothing to be made anew.
        var open = TranscriptMerge.Merge(Conversation.Session(["u:q", "call:c1", "t:c1"]), request.GetRange(0, 3));
        (open.Supersedes, open.New.Count).ShouldBe((null, 0));
    }
}
