using Granary.Llm.Requests;

namespace Granary.Llm.Tests.Requests;

/// <summary>Clients send their words as they were; the session has what its policy left of them.</summary>
public class RedactedTranscriptTests
{
    private const string Mail = @"[\w.]+@[\w.]+\.\w+";

    private static readonly Redactors Redactors = new(TimeProvider.System);

    private static SessionContext Session(PrivacyPolicy policy, bool marked, params string[] stored) =>
        Conversation.Session(stored, change: message => message with { Redacted = marked && message.Content.Contains(policy.RedactionString, StringComparison.Ordinal) })
            with { Privacy = policy };

    private static MergedTranscript Merge(SessionContext session, params string[] request) => TranscriptMerge.Merge(session, Conversation.Request(request), Redactors);

    private static string[] Upstream(MergedTranscript merged) => [.. merged.Conversation.Select(Conversation.Text)];

    [Fact]
    public void A_history_is_recognised_whatever_the_redaction_string_is()
    {
        var policy = new PrivacyPolicy { RedactPatterns = [Mail], RedactionString = "[PII]" };
        string[] request = ["u:mail a@b.cd", "a:done for [PII]", "u:next"];
        Upstream(Merge(Session(policy, true, "u:mail [PII]", "a:done for [PII]"), request)).ShouldBe(request);

        // Also where the policy's patterns are others by now.
        var changed = policy with { RedactPatterns = ["never"] };
        Upstream(Merge(Session(changed, true, "u:mail [PII]", "a:done for [PII]"), request)).ShouldBe(request);
    }

    [Fact]
    public void A_redacted_question_that_is_asked_again_is_stored_once()
    {
        var policy = new PrivacyPolicy { RedactPatterns = [Mail], RedactionString = "[PII]" };
        var session = Session(policy, true, "u:q", "a:a", "u:mail [PII]", "a:done");
        foreach (var request in (string[][])[["u:mail a@b.cd"], ["u:q", "a:a", "u:mail a@b.cd"]])
        {
            var again = Merge(session, request);
            (again.Supersedes, again.New.Count).ShouldBe((4L, 0));
            Upstream(again).ShouldBe(["u:q", "a:a", "u:mail a@b.cd"]);
        }

        Merge(session, "u:call a@b.cd").Supersedes.ShouldBeNull();
    }

    [Fact]
    public void Of_words_that_are_all_redacted_only_the_history_tells_that_they_were_asked_before()
    {
        var policy = new PrivacyPolicy { NonPersistableRoles = [MessageRole.User] };
        var session = Session(policy, true, "u:[REDACTED]", "a:a1", "u:[REDACTED]", "a:a2");
        Merge(session, "u:secret one", "a:a1", "u:secret two").Supersedes.ShouldBe(4L);
        Merge(session, "u:secret two").Supersedes.ShouldBeNull();
        Merge(session, "u:secret one", "a:a1", "u:secret two", "a:a2", "u:secret three").New.Count.ShouldBe(1);
    }

    [Fact]
    public void A_copy_that_lost_its_mark_is_recognised_all_the_same()
    {
        var policy = new PrivacyPolicy { RedactPatterns = [Mail] };
        var session = Session(policy, marked: false, "u:q", "a:I ask [REDACTED]", "u:q2", "a:a2");
        string[] request = ["u:q", "a:I ask a@b.cd", "u:q2", "a:a2", "u:q3"];
        Upstream(Merge(session, request)).ShouldBe(request);
        Upstream(Merge(Session(policy, marked: false, "u:q", "a:I ask [REDACTED]"), "a:I ask a@b.cd", "u:q2")).ShouldBe(["u:q", "a:I ask a@b.cd", "u:q2"]);
    }
}
