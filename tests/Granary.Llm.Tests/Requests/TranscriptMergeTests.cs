using Granary.Llm.Requests;

namespace Granary.Llm.Tests.Requests;

public class TranscriptMergeTests
{
    private static MergedTranscript Merge(string[] stored, params string[] request) => TranscriptMerge.Merge(Conversation.Session(stored), Conversation.Request(request));

    private static string[] New(MergedTranscript merged) => [.. merged.New.Select(Conversation.Text)];

    private static string[] NewTurn(MergedTranscript merged) => [.. merged.NewTurn.Select(Conversation.Text)];

    private static string[] Upstream(MergedTranscript merged) => [.. merged.Conversation.Select(Conversation.Text)];

    [Fact]
    public void The_first_request_of_a_session_is_new()
    {
        foreach (var stored in (SessionContext?[])[null, Conversation.Session([]), Conversation.Session(["s:rule"])])
        {
            var merged = TranscriptMerge.Merge(stored, Conversation.Request("s:be kind", "u:hi"));
            New(merged).ShouldBe(["u:hi"]);
            merged.Older.ShouldBeEmpty();
            Upstream(merged).ShouldBe(["u:hi"]);
            merged.System.ShouldHaveSingleItem().Content.ShouldBe("be kind");
            (merged.Supersedes, merged.InputMessages, merged.StoredMessages).ShouldBe((null, 1, 0));
        }
    }

    [Fact]
    public void Older_messages_are_stored_into_an_empty_session_only()
    {
        string[] request = ["u:q1", "a:a1", "u:q2", "call:c1", "t:c1", "a:a2", "u:q3"];
        var empty = TranscriptMerge.Merge(null, Conversation.Request(request));
        empty.Older.Select(Conversation.Text).ShouldBe(request[..6]);
        New(empty).ShouldBe(["u:q3"]);
        Upstream(empty).ShouldBe(request);

        var begun = Merge(["u:other", "a:thing"], request);
        begun.Older.ShouldBeEmpty();
        New(begun).ShouldBe(["u:q3"]);

        // Cleared, or all of it folded: it is not empty.
        var cleared = TranscriptMerge.Merge(Conversation.Session([], folded: 3), Conversation.Request(request));
        (cleared.Older.Count, New(cleared).Length).ShouldBe((0, 1));
    }

    [Fact]
    public void What_no_session_would_take_is_not_stored_but_sent()
    {
        string[] request = ["t:lost", "u: ", "u:q1", "call:c1", "t:c1", "t:c1", "a:a1", "u:q2"];
        var merged = TranscriptMerge.Merge(null, Conversation.Request(request));
        merged.Older.Select(Conversation.Text).ShouldBe(["u:q1", "call:c1", "t:c1", "a:a1"]);
        Upstream(merged).ShouldBe(request);
    }

    [Theory]
    [InlineData("u:q3")]
    [InlineData("u:q2", "a:a2", "u:q3")]
    [InlineData("u:q1", "a:a1", "u:q2", "a:a2", "u:q3")]
    [InlineData("a:a2", "u:q3")]
    [InlineData("a:a1", "u:q2", "a:a2", "u:q3")]
    [InlineData("u: q2\n", "a:a2 ", "u:q3")]
    public void However_much_of_its_history_a_client_sends_the_same_is_new_and_the_provider_gets_all_of_it_once(params string[] request)
    {
        var merged = Merge(["u:q1", "a:a1", "u:q2", "a:a2"], request);
        New(merged).ShouldBe(["u:q3"]);
        merged.Supersedes.ShouldBeNull();
        merged.Conversation.Select(message => message.Content.Trim()).ShouldBe(["q1", "a1", "q2", "a2", "q3"]);
    }

    [Theory]
    [InlineData("u:q2")]
    [InlineData("u:q1", "a:a1", "u:q2")]
    [InlineData("a:a1", "u:q2")]
    [InlineData("u:q1", "a:a1", "u:  q2 ")]
    [InlineData("u:q1", "a:reworded", "u:q2")]
    public void The_same_question_again_supersedes_its_answer(params string[] request)
    {
        var merged = Merge(["u:q1", "a:a1", "u:q2", "a:a2"], request);
        (merged.Supersedes, merged.New.Count).ShouldBe((4L, 0));
        NewTurn(merged).Select(text => text.Replace(" ", "", StringComparison.Ordinal)).ShouldBe(["u:q2"]);
        Upstream(merged).ShouldNotContain("a:a2");
        Upstream(merged).Count(text => text.EndsWith("q1", StringComparison.Ordinal)).ShouldBe(1);
        merged.Conversation[^1].ShouldNotBeNull().Content.Trim().ShouldBe("q2");
    }

    [Fact]
    public void The_same_words_after_the_answer_are_a_new_turn()
    {
        var merged = Merge(["u:yes", "a:ok"], "u:yes", "a:ok", "u:yes");
        merged.Supersedes.ShouldBeNull();
        New(merged).ShouldBe(["u:yes"]);
    }

    [Fact]
    public void Among_turns_that_say_the_same_the_whole_history_tells_which_is_asked_again()
    {
        string[] stored = ["u:yes", "a:ok", "u:yes", "a:ok"];
        Merge(stored, "u:yes", "a:ok", "u:yes").Supersedes.ShouldBe(4L);
        var next = Merge(stored, "u:yes", "a:ok", "u:yes", "a:ok", "u:yes");
        (next.Supersedes, next.New.Count).ShouldBe((null, 1));
        Upstream(next).Length.ShouldBe(5);
    }

    [Theory]
    [InlineData("u:q1", "a:a1", "u:go on", "a:a2")]
    [InlineData("u:go on", "a:a1", "u:go on", "a:a2")]
    public void Words_that_are_repeated_after_answers_that_the_client_reworded_are_a_new_turn(params string[] stored)
    {
        var next = Merge(stored, stored[0], "a:reworded 1", "u:go on", "a:reworded 2", "u:go on");
        next.Supersedes.ShouldBeNull();
        New(next).ShouldBe(["u:go on"]);

        // Less of the history than the session has.
        var cut = Merge(["u:q0", "a:a0", .. stored], "u:go on", "a:reworded 2", "u:go on");
        cut.Supersedes.ShouldBeNull();
        New(cut).ShouldBe(["u:go on"]);

        // The last turn once more.
        Merge(stored, stored[0], "a:reworded 1", "u:go on").Supersedes.ShouldBe(4L);
    }

    [Fact]
    public void A_session_whose_beginning_is_folded_is_recognised_by_what_is_left()
    {
        var session = Conversation.Session(["u:q3", "a:a3", "u:q4", "a:a4"], folded: 2);
        string[] history = ["u:q1", "a:a1", "u:q2", "a:a2", "u:q3", "a:a3", "u:q4"];
        TranscriptMerge.Merge(session, Conversation.Request(history)).Supersedes.ShouldBe(8L);
        var next = TranscriptMerge.Merge(session, Conversation.Request([.. history, "a:a4", "u:q5"]));
        New(next).ShouldBe(["u:q5"]);
        Upstream(next).ShouldBe([.. history, "a:a4", "u:q5"]);
    }

    [Fact]
    public void A_question_that_is_stored_without_an_answer_is_not_stored_again()
    {
        New(Merge(["u:q1", "a:a1", "u:q2"], "u:q1", "a:a1", "u:q2")).ShouldBeEmpty();
        New(Merge(["u:q1", "a:a1", "u:q2"], "u:q2")).ShouldBeEmpty();
        var more = Merge(["u:q1", "a:a1", "u:q2"], "u:q2", "u:and q3");
        New(more).ShouldBe(["u:and q3"]);
        more.Supersedes.ShouldBeNull();
        Upstream(more).ShouldBe(["u:q1", "a:a1", "u:q2", "u:and q3"]);
    }

    [Fact]
    public void A_partial_answer_is_superseded_by_a_repeat_and_stays_when_the_client_goes_on_from_it()
    {
        string[] stored = ["u:q1", "a:It beg"];
        Merge(stored, "u:q1").Supersedes.ShouldBe(2L);
        New(Merge(stored, "u:q1", "a:It beg", "u:go on")).ShouldBe(["u:go on"]);
    }

    [Fact]
    public void Several_messages_at_once_are_one_question_and_the_last_of_them_is_too()
    {
        string[] stored = ["u:q0", "a:a0", "u:look at this", "u:and that", "a:fine"];
        Merge(stored, "u:look at this", "u:and that").Supersedes.ShouldBe(5L);
        Merge(stored, "u:and that").Supersedes.ShouldBe(5L); // the last turn is that message and its answer
        Merge(stored, "u:look at this").Supersedes.ShouldBeNull();
        Merge(stored, "u:q0", "a:a0", "u:look at this", "u:and that").Supersedes.ShouldBe(5L);
    }

    [Fact]
    public void The_results_of_tools_are_new()
    {
        string[] stored = ["u:q1", "a:a1", "u:q2", "call:c1,c2"];
        foreach (var request in (string[][])[["u:q1", "a:a1", "u:q2", "call:c1,c2", "t:c2", "t:c1"], ["u:q2", "call:c1,c2", "t:c2", "t:c1"], ["call:c1,c2", "t:c2", "t:c1"], ["t:c2", "t:c1"]])
        {
            var merged = Merge(stored, request);
            New(merged).ShouldBe(["t:c2", "t:c1"]);
        merged.Supersedes.ShouldBeNull();
            Upstream(merged).ShouldBe(["u:q1", "a:a1", "u:q2", "call:c1,c2", "t:c2", "t:c1"]);
        }
    }

    [Fact]
    public void Results_are_stored_under_the_ids_of_the_stored_calls_and_sent_under_the_client_s()
    {
        var merged = Merge(["u:q", "call:c1,c2"], "u:q", "call:x,y", "t:y", "t:x");
        New(merged).ShouldBe(["t:c2", "t:c1"]);
        Upstream(merged).ShouldBe(["u:q", "call:x,y", "t:y", "t:x"]);
    }

    [Fact]
    public void Results_that_are_stored_are_not_stored_again()
    {
        New(Merge(["u:q", "call:c1,c2", "t:c1"], "u:q", "call:c1,c2", "t:c1", "t:c2")).ShouldBe(["t:c2"]);
        New(Merge(["u:q", "call:c1", "t:c1"], "u:q", "call:c1", "t:c1", "u:stop")).ShouldBe(["u:stop"]);
    }

    [Fact]
    public void The_same_results_again_make_the_answer_after_them_anew_and_keep_the_calls()
    {
        string[] stored = ["u:q", "call:c1", "t:c1", "call:c2", "t:c2", "a:done"];
        var last = Merge(stored, "u:q", "call:c1", "t:c1", "call:c2", "t:c2");
        last.Supersedes.ShouldBe(2L);
        New(last).ShouldBe(["call:c1", "t:c1", "call:c2", "t:c2"]);
        NewTurn(last).ShouldBe(["call:c2", "t:c2"]);
        last.New.ShouldAllBe(message => message.Id == null && message.Sequence == 0);
        var first = Merge(stored, "u:q", "call:c1", "t:c1");
        first.Supersedes.ShouldBe(2L);
        New(first).ShouldBe(["call:c1", "t:c1"]);
        Upstream(first).ShouldBe(["u:q", "call:c1", "t:c1"]);
    }

    [Fact]
    public void A_long_run_of_tools_whose_beginning_is_folded_goes_on()
    {
        var session = Conversation.Session(["call:c8", "t:c8", "call:c9"], folded: 1);
        var merged = TranscriptMerge.Merge(session, Conversation.Request("u:q", "call:c7", "t:c7", "call:c8", "t:c8", "call:c9", "t:c9"));
        New(merged).ShouldBe(["t:c9"]);
        merged.Supersedes.ShouldBeNull();
    }

    [Fact]
    public void Calls_that_the_session_does_not_know_are_stored_with_their_results()
    {
        New(Merge(["u:q1", "a:a1"], "u:q1", "a:a1", "u:q2", "call:c1", "t:c1")).ShouldBe(["u:q2", "call:c1", "t:c1"]);
        New(Merge(["u:q1", "a:a1", "u:q2"], "u:q2", "call:c1", "t:c1")).ShouldBe(["call:c1", "t:c1"]);
        New(Merge(["u:q1", "a:a1"], "call:c1", "t:c1")).ShouldBe(["call:c1", "t:c1"]);
        New(Merge(["u:q1", "a:a1"], "t:c1")).ShouldBeEmpty();
        var other = Merge(["u:q1", "a:a1"], "u:q1", "call:c1", "t:c1");
        other.Supersedes.ShouldBe(2L);
        New(other).ShouldBe(["call:c1", "t:c1"]);
    }

    [Fact]
    public void A_begun_answer_is_sent_and_not_stored()
    {
        var merged = Merge(["u:q1", "a:a1"], "u:q1", "a:a1", "u:q2", "a:The answer is");
        New(merged).ShouldBe(["u:q2"]);
        merged.Begun.ShouldNotBeNull().Content.ShouldBe("The answer is");
        Upstream(merged).ShouldBe(["u:q1", "a:a1", "u:q2", "a:The answer is"]);
        merged.InputMessages.ShouldBe(2);
    }

    [Fact]
    public void A_turn_in_the_middle_that_the_request_lacks_is_put_back_in_its_place()
    {
        var merged = Merge(["u:q1", "a:a1", "u:q2", "a:a2", "u:q3", "a:a3"], "u:q1", "a:a1", "u:q3", "a:a3", "u:q4");
        Upstream(merged).ShouldBe(["u:q1", "a:a1", "u:q2", "a:a2", "u:q3", "a:a3", "u:q4"]);
        merged.StoredMessages.ShouldBe(2);
        var own = Merge(["u:q1", "a:a1", "u:q2", "a:a2"], "u:q1", "a:told differently", "u:q2", "a:a2", "u:q3");
        Upstream(own).ShouldBe(["u:q1", "a:told differently", "u:q2", "a:a2", "u:q3"]);
    }

    [Fact]
    public void A_request_that_begins_within_a_turn_gets_the_turn_s_beginning()
    {
        var merged = Merge(["u:q1", "a:a1", "u:q2", "call:c1", "t:c1", "a:a2", "u:q3", "a:a3"], "t:c1", "a:a2", "u:q3", "a:a3", "u:q4");
        Upstream(merged).ShouldBe(["u:q1", "a:a1", "u:q2", "call:c1", "t:c1", "a:a2", "u:q3", "a:a3", "u:q4"]);
    }

    [Fact]
    public void A_question_in_the_same_words_as_an_old_one_does_not_hide_the_old_turn()
    {
        Upstream(Merge(["u:yes", "a:one", "u:q2", "a:a2"], "u:yes")).ShouldBe(["u:yes", "a:one", "u:q2", "a:a2", "u:yes"]);
    }

    [Fact]
    public void Stored_instructions_are_no_part_of_the_conversation()
    {
        Upstream(Merge(["s:rule", "u:q1", "s:more", "a:a1"], "u:q2")).ShouldBe(["u:q1", "a:a1", "u:q2"]);
        Merge(["u:q1", "s:more", "a:a1"], "u:q1").Supersedes.ShouldBe(3L);
    }

    [Fact]
    public void What_was_redacted_is_recognised_in_the_history_but_never_taken_for_the_same_question()
    {
        string[] stored = ["u:my card is [REDACTED], ok?", "a:fine", "u:[REDACTED]", "a:done"];
        var session = Conversation.Session(stored, change: m => m with { Redacted = m.Content.Contains("REDACTED", StringComparison.Ordinal) });
        var next = TranscriptMerge.Merge(session, Conversation.Request("u:my card is 4111, ok?", "a:fine", "u:secret", "a:done", "u:next"));
        Upstream(next).ShouldBe(["u:my card is 4111, ok?", "a:fine", "u:secret", "a:done", "u:next"]);
        TranscriptMerge.Merge(session, Conversation.Request("u:another secret")).Supersedes.ShouldBeNull();
    }

    [Fact]
    public void The_same_words_beside_another_picture_are_another_question()
    {
        static ModelMessage Picture(string url) => new() { Role = MessageRole.User, Content = "What is this?", Media = [new MediaReference(MediaKind.Image, url)] };
        var session = Conversation.Session(["u:What is this?", "a:A cat."], change: m => m.Role == MessageRole.User ? m with { Media = Picture("https://x/1").Media } : m);
        TranscriptMerge.Merge(session, [Picture("https://x/2")]).Supersedes.ShouldBeNull();
        TranscriptMerge.Merge(session, [Picture("https://x/1")]).Supersedes.ShouldBe(2L);
    }

    [Theory]
    [InlineData("a b", " a  b\n", true)]
    [InlineData("a b", "ab", false)]
    [InlineData("ab", "a b", false)]
    [InlineData("", " ", true)]
    [InlineData("a", "a b", false)]
    [InlineData("a\r\nb", "a\nb", true)]
    public void Texts_are_the_same_if_they_differ_in_white_space_only(string one, string other, bool same) => MessageMatch.SameText(one, other).ShouldBe(same);
}
