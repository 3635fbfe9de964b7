using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Granary.Conformance.Time;
using Granary.Core.Messages;
using Granary.Core.Privacy;

namespace Granary.Core.Tests.Privacy;

public class RedactorTests
{
    private const string Email = @"[\w.+-]+@[\w-]+\.\w+";
    private const string Card = @"\b\d{16}\b";

    /// <summary>Runs away on a row of 'a' and needs backtracking: the screen refuses it, so only a test can make a redactor of it.</summary>
    private const string Runaway = @"(?=((a+)+)b)c|(?<!x)(a|aa)+$";

    private static readonly string Poison = new string('a', 60) + "!";

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Without_a_policy_nothing_is_touched()
    {
        var redactor = Redactor();
        redactor.IsActive.ShouldBeFalse();
        IReadOnlyList<Message> messages = [User("a@b.ch")];
        redactor.Redact(messages).ShouldBeSameAs(messages);
    }

    [Fact]
    public void Empty_patterns_are_skipped() => Redactor("", "").IsActive.ShouldBeFalse();

    [Fact]
    public void Messages_without_a_match_stay_the_same_objects()
    {
        var redactor = Redactor(Email);
        redactor.IsActive.ShouldBeTrue();
        IReadOnlyList<Message> clean = [User("hello"), Full with { Name = "Ann" }];
        redactor.Redact(clean).ShouldBeSameAs(clean);

        IReadOnlyList<Message> mixed = [User("hello"), User("I am a@b.ch")];
        var redacted = redactor.Redact(mixed);
        redacted[0].ShouldBeSameAs(mixed[0]);
        redacted[1].ShouldBe(mixed[1] with { Content = "I am [REDACTED]", Redacted = true });
        mixed[1].Content.ShouldBe("I am a@b.ch");
    }

    [Fact]
    public void Every_text_of_a_message_is_redacted()
    {
        var message = Full with
        {
            Content = "c a@b.ch",
            Name = "n a@b.ch",
            Reasoning = "r a@b.ch",
            ToolError = "e a@b.ch",
            Media = [new MediaReference(MediaKind.Image, "https://x.org/1.png", "image/png", "d a@b.ch"), new MediaReference(MediaKind.File, "mailto:a@b.ch")],
            Metadata = Json("""{"n":1,"deep":[{"who":"m a@b.ch"},true,null]}"""),
            ToolCalls = [new ToolCall("call", "send", Json("""{"to":"t a@b.ch","cc":[]}""")), new ToolCall("call2", "send", Json("\"raw a@b.ch\""))],
        };

        var redacted = Redactor(Email).Redact([message]).ShouldHaveSingleItem();
        redacted.Redacted.ShouldBeTrue();
        redacted.Content.ShouldBe("c [REDACTED]");
        redacted.Name.ShouldBe("n [REDACTED]");
        redacted.Reasoning.ShouldBe("r [REDACTED]");
        redacted.ToolError.ShouldBe("e [REDACTED]");
        redacted.Media.ShouldNotBeNull()[0].ShouldBe(new MediaReference(MediaKind.Image, "https://x.org/1.png", "image/png", "d [REDACTED]"));
        redacted.Media[1].Url.ShouldBe("data:,");
        redacted.Metadata!.Value.GetRawText().ShouldBe("""{"n":1,"deep":[{"who":"m [REDACTED]"},true,null]}""");
        redacted.ToolCalls.ShouldNotBeNull()[0].Arguments.GetRawText().ShouldBe("""{"to":"t [REDACTED]","cc":[]}""");
        redacted.ToolCalls[1].Arguments.GetString().ShouldBe("raw [REDACTED]");
        (redacted.ToolCalls[0].Id, redacted.ToolCalls[0].Name, redacted.Id, redacted.ToolCallId).ShouldBe(("call", "send", message.Id, message.ToolCallId));
        redacted.Timestamp.ShouldBe(message.Timestamp);
    }

    [Fact]
    public void Numbers_and_property_names_in_json_do_not_escape()
    {
        var redacted = Redactor(Email, Card).Redact([Full with { Metadata = Json("""{"card":4111111111111111,"a@b.ch":1,"c@d.ch":2,"x":1.5}""") }]);
        redacted[0].Metadata!.Value.GetRawText().ShouldBe("""{"card":"[REDACTED]","[REDACTED]":1,"x":1.5}""");
    }

    [Fact]
    public void Escapes_in_json_do_not_hide_what_they_spell()
    {
        var redacted = Redactor(Email).Redact([Full with { Metadata = Json("""{"m":"a\u0040b.ch"}""") }]);
        redacted[0].Metadata!.Value.GetRawText().ShouldBe("""{"m":"[REDACTED]"}""");
    }

    [Fact]
    public void Bytes_in_a_data_address_are_no_text()
    {
        IReadOnlyList<Message> messages = [Full with { Media = [new MediaReference(MediaKind.Image, "data:image/png;base64,AAAA4111111111111111AAAA")] }];
        Redactor(@"\d{16}").Redact(messages).ShouldBeSameAs(messages);
        Redactor(@"\d{16}").Redact([Full with { Media = [new MediaReference(MediaKind.File, "data:text/plain,4111111111111111")] }])[0]
            .Media.ShouldNotBeNull()[0].Url.ShouldBe("data:,");
    }

    [Theory]
    [InlineData("$1")]
    [InlineData("$&$0${x}$$")]
    [InlineData(@"\1")]
    [InlineData("a")]
    [InlineData("😀")]
    public void The_redaction_string_is_taken_as_it_is(string replacement) =>
        new Redactor(new PrivacyPolicy { RedactPatterns = ["(secret)"], RedactionString = replacement }, _time)
            .Redact([User("a secret, two secrets")])[0].Content.ShouldBe($"a {replacement}, two {replacement}s");

    [Fact]
    public void What_matches_within_the_redaction_string_does_not_grow()
    {
        var redactor = Redactor("[A-Z]+", "[a-z]+", @"\d");
        var once = redactor.Redact([User("ABC def 1 [REDACTED]")]);
        once[0].Content.ShouldBe("[REDACTED] [REDACTED] [REDACTED] [REDACTED]");
        redactor.Redact(once).ShouldBeSameAs(once);
    }

    [Fact]
    public void Matches_of_nothing_are_no_matches()
    {
        IReadOnlyList<Message> messages = [User("some words")];
        Redactor(@"\b", "x*", "(?=w)").Redact(messages).ShouldBeSameAs(messages);
    }

    [Fact]
    public void Redacting_again_changes_nothing()
    {
        string[] patterns = [Email, Card, "[A-Z]+", "a+b", "ab|ba", @"\w{3}", "(?<=x)y", @"[^\w\s]", "E", @"D\]", @"\[R"];
        var policies =
            from chosen in Gen.Choose(1, 3).SelectMany(count => Gen.Elements(patterns).ArrayOf(count))
            from replacement in Gen.Elements("[REDACTED]", "a", "ab", "xy", "*", "aba", "$1")
            from blanked in Gen.Elements<MessageRole[]>([], [MessageRole.Tool])
            select new PrivacyPolicy { RedactPatterns = [.. chosen], RedactionString = replacement, NonPersistableRoles = blanked };
        var texts = Gen.Elements("a", "b", "ab", "x", "y", "XY", "[REDACTED]", "RED", "]", " ", "a@b.ch", "4111111111111111", "*").ListOf().Select(string.Concat);
        var messages =
            from content in texts
            from inner in texts
            from role in Gen.Elements(MessageRole.User, MessageRole.Tool)
            select Full with { Role = role, Content = content, Name = inner + "n", Metadata = JsonSerializer.SerializeToElement(new Dictionary<string, string> { [inner] = content }) };

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(200),
            Prop.ForAll(policies.ToArbitrary(), messages.ToArbitrary(), (policy, message) =>
            {
                var redactor = new Redactor(policy, _time);
                var once = redactor.Redact([message]);
                return ReferenceEquals(redactor.Redact(once), once);
            }));
    }

    [Fact]
    public void A_role_that_is_not_persisted_keeps_only_what_holds_blocks_together()
    {
        var redactor = new Redactor(new PrivacyPolicy { NonPersistableRoles = [MessageRole.Tool, MessageRole.Assistant], RedactionString = "-" }, _time);
        redactor.IsActive.ShouldBeTrue();
        var tool = Full with { Role = MessageRole.Tool, ToolCalls = null };
        var redacted = redactor.Redact([User("hi"), Full, tool]);

        redacted[0].Redacted.ShouldBeFalse();
        redacted[1].Content.ShouldBe("-");
        redacted[1].ToolCalls.ShouldNotBeNull().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            call => (call.Id, call.Name).ShouldBe(("call", "send")),
            call => call.Arguments.GetRawText().ShouldBe("{}"));
        redacted[2].ShouldBe(new Message
        {
            Role = MessageRole.Tool, Id = tool.Id, Content = "-", ToolCallId = tool.ToolCallId, ToolError = "-", Timestamp = tool.Timestamp, Redacted = true,
        });
        redactor.Redact(redacted).ShouldBeSameAs(redacted);
        foreach (var message in redacted)
            AppendValidator.ValidateMessage(message with { ToolCallId = message.Role == MessageRole.Tool ? "t" : null, ToolError = null }, "message");
    }

    [Fact]
    public void A_pattern_that_takes_too_long_costs_the_message_its_content()
    {
        var redactor = new Redactor(new PrivacyPolicy { RedactPatterns = [Runaway] }, TimeProvider.System);
        var redacted = redactor.Redact([User("fine"), User(Poison) with { Name = "Ann", Id = "m2" }, User("fine too")]);
        redacted[0].Redacted.ShouldBeFalse();
        redacted[1].ShouldBe(new Message { Role = MessageRole.User, Id = "m2", Content = "[REDACTED]", Redacted = true });
        redacted[2].Redacted.ShouldBeFalse();
    }

    [Fact]
    public void A_message_whose_texts_together_take_too_long_loses_its_content()
    {
        var slow = new SteppingTime(TimeSpan.FromMilliseconds(30));
        var redactor = new Redactor(new PrivacyPolicy { RedactPatterns = [Email] }, slow);
        redactor.Redact([User("one text")])[0].Redacted.ShouldBeFalse();
        redactor.Redact([User("one text") with { Name = "and another" }])[0].Content.ShouldBe("[REDACTED]");
    }

    [Fact]
    public void A_pause_of_the_process_costs_no_content()
    {
        var paused = new SteppingTime(TimeSpan.Zero);
        var redactor = new Redactor(new PrivacyPolicy { RedactPatterns = [Email] }, paused);
        paused.PauseAt = 2;
        redactor.Redact([User("I am a@b.ch")])[0].Content.ShouldBe("I am [REDACTED]");
        paused.Looks.ShouldBeGreaterThan(4);
    }

    [Fact]
    public void A_pattern_that_is_not_valid_lets_nothing_through()
    {
        var redactor = Redactor(Email, "(unclosed");
        redactor.Redact([User("hello")])[0].ShouldBe(User("[REDACTED]") with { Redacted = true });
    }

    [Fact]
    public void After_ten_failures_in_a_row_nothing_is_tried_for_five_seconds()
    {
        var redactor = Redactor(Runaway);
        for (var i = 0; i < 10; i++)
            redactor.Redact([User(Poison)])[0].Redacted.ShouldBeTrue();

        redactor.Redact([User("harmless")])[0].Content.ShouldBe("[REDACTED]");
        _time.Advance(TimeSpan.FromSeconds(5));
        redactor.Redact([User(Poison)])[0].Redacted.ShouldBeTrue();
        redactor.Redact([User("harmless")])[0].Content.ShouldBe("[REDACTED]");
        _time.Advance(TimeSpan.FromSeconds(5));
        redactor.Redact([User("harmless")])[0].Content.ShouldBe("harmless");
        redactor.Redact([User("harmless")])[0].Content.ShouldBe("harmless");
    }

    [Fact]
    public void A_success_between_failures_keeps_the_pattern_in_use()
    {
        var redactor = Redactor(Runaway);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 6; i++)
                redactor.Redact([User(Poison)]);
            redactor.Redact([User("harmless")])[0].Content.ShouldBe("harmless");
        }
    }

    [Fact]
    public void A_message_that_grows_beyond_its_limit_is_replaced_as_a_whole()
    {
        var digits = User(string.Concat(Enumerable.Repeat("1 ", 100_000)));
        Redactor(@"\d").Redact([digits])[0].Content.ShouldBe("[REDACTED]");

        var metadata = Full with { Metadata = Json($$"""{"a":"{{string.Concat(Enumerable.Repeat("1 ", 8_000))}}"}""") };
        Redactor(@"\d").Redact([metadata])[0].Metadata.ShouldBeNull();
    }

    [Fact]
    public void A_request_that_grows_beyond_its_limit_loses_what_was_redacted()
    {
        var messages = Enumerable.Repeat(User(string.Concat(Enumerable.Repeat("1 ", 20_000))), 6).Append(User("plain")).ToArray();
        var redacted = Redactor(@"\d").Redact(messages);
        redacted.Take(6).ShouldAllBe(m => m.Content == "[REDACTED]");
        redacted[6].ShouldBeSameAs(messages[6]);
    }

    [Fact]
    public void A_long_list_that_is_no_request_is_redacted_message_by_message()
    {
        var messages = Enumerable.Repeat(User(new string('x', 200_000) + " 1"), 10).ToArray();
        Redactor(@"\d").Redact(messages).ShouldAllBe(m => m.Content.EndsWith("x [REDACTED]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Many_threads_may_use_one_redactor()
    {
        var redactor = Redactor(Email, Card);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
                redactor.Redact([User($"{worker}x{i}@b.ch is mine")])[0].Content.ShouldBe("[REDACTED] is mine");
        })));
    }

    private static Message Full { get; } = new()
    {
        Role = MessageRole.Assistant,
        Id = "m1",
        Content = "content",
        Name = "name",
        Reasoning = "reasoning",
        Timestamp = DateTimeOffset.UnixEpoch,
        Metadata = Json("""{"a":"b","n":1}"""),
        Media = [new MediaReference(MediaKind.Image, "https://x.org/1.png", null, "description")],
        ToolCalls = [new ToolCall("call", "send", Json("""{"to":"x"}"""))],
        ToolCallId = "call0",
        ToolError = "error",
    };

    private Redactor Redactor(params string[] patterns) => new(new PrivacyPolicy { RedactPatterns = patterns }, _time);

    private static Message User(string content) => new() { Role = MessageRole.User, Content = content };

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    /// <summary>A clock on which each look takes the same time, and one of them a second more.</summary>
    private sealed class SteppingTime(TimeSpan step) : TimeProvider
    {
        private TimeSpan _now;

        public int Looks { get; private set; }

        public int PauseAt { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            _now += step + (++Looks == PauseAt ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
            return _now.Ticks;
        }
    }
}
