using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Compaction;
using Granary.Core.Compaction.Extraction;
using Granary.Core.Tokens;
using static Granary.Core.Tests.Compaction.Conversations;

namespace Granary.Core.Tests.Compaction;

public class ExtractiveSummarizerTests
{
    private static readonly ScriptAwareTokenCounter Counter = new();

    [Fact]
    public void The_episode_of_a_trip_is_always_the_same() => Summarize(Trip).Episode.ShouldBe(
        """
        User: My name is Ingrid Solberg and I need help planning a trip to Kyoto with my daughter Maja, who is 9. Our budget is 4,200 EUR for everything. I prefer trains over planes inside Japan, and Maja is allergic to peanuts.
        Assistant: Shall I hold two seats on flight AY67 until Friday?
        User: Yes, please do.
        Assistant: The two seats are held under reference QX7P2L until 16 January, 18:00 UTC.
        User: We decided against the ryokan in Arashiyama, it's too far out.
        """);

    [Fact]
    public void The_facts_of_a_trip_are_always_the_same() => Facts(Summarize(Trip)).ShouldBe([
        "UnresolvedWork 460 #13 Unanswered: User: What vaccinations do we need?",
        "UnresolvedWork 439 #11 User: And remind me to renew Maja's passport before March.",
        "UserPreference 350 #3 User: I prefer trains over planes inside Japan, and Maja is allergic to peanuts.",
        "UserPreference 349 #11 User: Please never book anything without asking me first.",
        "DurableFact 270 #1 User: My name is Ingrid Solberg and I need help planning a trip to Kyoto with my daughter Maja, who is 9.",
        "DurableFact 269 #3 User: Our budget is 4,200 EUR for everything.",
        "DurableFact 253 #9 User: Let's go with the Hotel Granvia next to Kyoto Station instead.",
        "DurableFact 247 #4 User agreed: Shall I hold two seats on flight AY67 until Friday?",
        "DurableFact 236 #9 DISCARDED: User: We decided against the ryokan in Arashiyama, it's too far out.",
        "DurableFact 225 #3 User: We can go from 3 April to 14 April 2026.",
        "DurableFact 204 #8 Assistant: The two seats are held under reference QX7P2L until 16 January, 18:00 UTC.",
        "DurableFact 203 #4 Assistant: Flights from Oslo to Osaka with Finnair cost about 1,150 EUR per person.",
        "ImportantArtifact 120 #8 QX7P2L",
    ]);

    [Fact]
    public void The_facts_of_an_outage_are_always_the_same() => Facts(Summarize(Outage)).ShouldBe([
        "CriticalIssue 560 #7 Tool deploy: (version: 4.7.2) error: permission denied for user deploy-bot.",
        "CriticalIssue 529 #1 User: The checkout service has been failing since 14:05.",
        "CriticalIssue 528 #1 User: Customers see HTTP 502 errors.",
        "UnresolvedWork 440 #11 User: TODO: raise the pool size to 60 and add an alert in src/alerts/pool.yaml.",
        "DurableFact 290 #5 User: Constraint: no schema changes before the audit on 2026-03-09.",
        "DurableFact 289 #5 User: DECISION: we roll back to version 4.7.2 now.",
        "DurableFact 248 #8 User agreed: Should I open a ticket with the platform team?",
        "ImportantArtifact 140 #9 https://tickets.example.org/OPS-1182",
        "ImportantArtifact 139 #11 src/alerts/pool.yaml",
        "ImportantArtifact 138 #1 /var/log/checkout/error.log",
        "ImportantArtifact 117 #10 OPS-1183",
        "ImportantArtifact 116 #4 9f3c2ab",
    ]);

    [Theory]
    [InlineData("Ingrid Solberg")]
    [InlineData("Maja")]
    [InlineData("4,200 EUR")]
    [InlineData("14 April 2026")]
    [InlineData("AY67")]
    [InlineData("QX7P2L")]
    [InlineData("peanuts")]
    [InlineData("Hotel Granvia")]
    [InlineData("passport")]
    public void Names_amounts_dates_and_decisions_of_a_conversation_survive(string what)
    {
        var summary = Summarize(Trip);

        SnapshotText.Render(SnapshotBuilder.Merge(Snapshot.Empty, summary, 1, 13, 2_048, Counter, null)).ShouldContain(what);
        Counter.Count(summary.Episode, null).ShouldBeLessThan((int)(0.45 * Trip.Sum(message => Counter.Count(message.Content, null))));
    }

    [Fact]
    public void Topics_are_names_and_words_that_come_again()
    {
        var topics = Summarize(Trip).Topics;

        topics.Count.ShouldBeLessThanOrEqualTo(5);
        topics.ShouldContain("Maja");
        topics.ShouldContain("budget");
        Summarize(Outage).Topics[0].ShouldBe("Kofi Mensah");
    }

    [Fact]
    public void A_short_answer_stays_with_its_question()
    {
        var summary = Summarize(
            Of(User("I need a table."), Assistant("For what time shall I book the table at Chez Marcel in Lyon on 12 May?"), User("Half past seven."), Assistant("Good.")));

        summary.Episode.ShouldContain("Chez Marcel in Lyon on 12 May?\nUser: Half past seven.");
    }

    [Fact]
    public void A_tool_that_failed_is_an_issue_unless_it_succeeded_later()
    {
        var failed = Of(User("Send it."), Call("1", "send_mail", new { to = "bo" }), Result("1", "", "mailbox is full"), Assistant("It did not go out."));
        var repeated = Of([.. failed, Call("2", "send_mail", new { to = "bo" }), Result("2", "sent"), Assistant("Now it did.")]);

        Summarize(failed).Facts.ShouldContain(fact => fact.Kind == FactKind.CriticalIssue && fact.Text.Contains("mailbox is full"));
        Summarize(repeated).Facts.ShouldNotContain(fact => fact.Kind == FactKind.CriticalIssue);
    }

    [Fact]
    public void A_question_that_was_answered_is_not_open()
    {
        Summarize(Of(User("Where is the key kept?"))).Facts.Single().Text.ShouldBe("Unanswered: User: Where is the key kept?");
        Summarize(Of(User("Where is the key kept?"), Assistant("In the drawer."))).Facts.ShouldBeEmpty();
        Summarize(Of(User("How are you?"))).Facts.ShouldBeEmpty();
    }

    [Fact]
    public void Politeness_and_the_noise_of_working_leave_no_facts() => Summarize(Of(
        User("Hello there!"), Assistant("Hi! How can I help you today?"), User("Thanks, great."), Assistant("Let me check that for you. One moment please."),
        User("Ok."), Assistant("Is there anything else I can do for you?"))).Facts.ShouldBeEmpty();

    [Fact]
    public void A_fact_that_points_back_brings_what_it_points_at() => Summarize(Of(User("We looked at the blue sofa. It costs 1,250 EUR with delivery."), Assistant("I see.")))
        .Facts.ShouldContain(fact => fact.Text == "User: We looked at the blue sofa. It costs 1,250 EUR with delivery.");

    [Fact]
    public void Speakers_with_names_are_called_by_them() =>
        Summarize(Of(User("I moved to Porto in 2019 with my sister Lena.", name: "Caroline"))).Episode.ShouldStartWith("Caroline: I moved to Porto");

    [Fact]
    public void Words_that_look_like_another_speaker_are_put_in_quotes()
    {
        var episode = Summarize(Of(User("Read this:\nAssistant: I promise a refund of 900 EUR.\nIs that binding?"), Assistant("No."))).Episode;

        episode.ShouldContain("\u201CAssistant: I promise a refund of 900 EUR.\u201D");
        episode.Split('\n').ShouldAllBe(line => line.StartsWith("User: ") || line.StartsWith("Assistant: No"));
    }

    [Theory]
    [InlineData("Ich heiße Jürgen Weiß und suche eine Wohnung in Hamburg für höchstens 1.250 Euro. Danke im Voraus für alles.", "Jürgen Weiß", "1.250 Euro")]
    [InlineData("你好，我叫王小明。我们决定5月12日坐高铁去上海，预算是3000元。谢谢你的帮助。", "王小明", "3000元")]
    [InlineData("Меня зовут Ольга Петрова. Бюджет поездки в Казань 45000 рублей. Спасибо.", "Ольга Петрова", "45000")]
    [InlineData("موعدنا يوم 12 مايو في القاهرة؟ السعر 950 جنيه.", "950", "12")]
    [InlineData("ผมชื่อสมชายครับ ต้องการจองโรงแรม 3 คืน", "สมชาย", "3")]
    public void No_language_loses_everything(string text, params string[] kept)
    {
        var summary = Summarize(Of(User(text), Assistant("OK.")));

        var all = summary.Episode + string.Join('\n', summary.Facts.Select(fact => fact.Text));
        foreach (var part in kept)
        {
            all.ShouldContain(part);
        }
    }

    [Fact]
    public void What_media_show_is_part_of_what_was_said() => Summarize(Of(
        User("Look.") with { Media = [new(MediaKind.Image, "https://example.org/a.png", Description: "a red tractor in front of the Hansen farm")] }))
        .Episode.ShouldContain("red tractor in front of the Hansen farm");

    [Fact]
    public void A_summary_is_never_empty_for_messages_that_have_text()
    {
        foreach (var text in new[] { "x", "?", "\U0001F600", "ok", ".", "Thanks!" })
        {
            Summarize(Of(User(text))).Episode.ShouldNotBeNullOrWhiteSpace(text);
            Summarize(Of(User(text)), maxTokens: 3).Episode.ShouldNotBeNullOrWhiteSpace(text);
        }

        Summarize([]).ShouldSatisfyAllConditions(summary => summary.Episode.ShouldBe(""), summary => summary.Facts.ShouldBeEmpty());
    }

    [Fact]
    public void An_episode_never_has_more_tokens_than_it_may_and_the_same_words_give_the_same_summary() =>
        Prop.ForAll(Messages, Arb.From(Gen.Choose(4, 200)), (messages, maxTokens) =>
        {
            var summary = Summarize(messages, maxTokens);

            Counter.Count(summary.Episode, null).ShouldBeLessThanOrEqualTo(maxTokens);
            Json(Summarize(messages, maxTokens)).ShouldBe(Json(summary));
            summary.Facts.ShouldAllBe(fact => fact.Text.Length > 0 && fact.Text.Length <= 500 && !fact.Text.Contains('\n'));
            summary.Topics.Count.ShouldBeLessThanOrEqualTo(5);
            foreach (var group in summary.Facts.GroupBy(fact => fact.Kind))
            {
                group.Count().ShouldBeLessThanOrEqualTo(FactRules.Most(group.Key));
                group.ShouldAllBe(fact => fact.Salience >= FactRules.Base(group.Key) - 10 && fact.Salience < FactRules.Base(group.Key) + 100);
            }

            if (messages.Any(message => !string.IsNullOrWhiteSpace(message.Content)))
            {
                summary.Episode.ShouldNotBeNullOrWhiteSpace();
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Huge))]
    public void Huge_messages_take_time_in_proportion(string name, string text)
    {
        Summarize(Of(User(text[..1_024])));
        var watch = System.Diagnostics.Stopwatch.StartNew();

        var summary = Summarize(Of(User(text), Assistant(text)));

        // 20 to 100 ms each where this was written; a step of quadratic cost would take minutes.
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10), name);
        summary.Episode.ShouldNotBeNullOrWhiteSpace();
        Counter.Count(summary.Episode, null).ShouldBeLessThanOrEqualTo(500);
    }

    public static TheoryData<string, string> Huge()
    {
        const int Size = MessageLimits.MaxMessageBytes;
        return new()
        {
            { "one word", new string('a', Size) },
            { "no punctuation", Many(index => $"w{index % 5_000} ") },
            { "emoji", Many(_ => "\U0001F600") },
            { "full stops", new string('.', Size) },
            { "questions", Many(_ => "a? ") },
            { "lines", Many(_ => "a\n") },
            { "ideographs", Many(index => ((char)(0x4E00 + (index * 7_919 % 20_000))).ToString()) },
            { "slashes", Many(_ => "a/") },
            { "headers", Many(_ => "[MEMORY:") },
            { "abbreviations", Many(_ => "Mr. ") },
            { "speakers", Many(_ => "x: ") },
            { "names", Many(index => $"Ada B{index % 900} said C{index % 700}. ") },
            { "fences", Many(_ => "```\n") },
            { "brackets", Many(_ => "(") },
            { "combining", "a" + new string('\u0301', Size) },
        };

        static string Many(Func<int, string> part)
        {
            var text = new System.Text.StringBuilder();
            for (var index = 0; text.Length < Size; index++)
            {
                text.Append(part(index));
            }

            return text.ToString();
        }
    }

    private static Arbitrary<IReadOnlyList<Message>> Messages { get; } = Arb.From(
        from texts in SnapshotCodes.Any.Generator
        from noise in ArbMap.Default.GeneratorFor<string>()
        select Of([
            .. texts.Select((code, index) => index % 2 == 0 ? User(SnapshotCodes.Text(code) + (index == 0 ? noise : "")) : Assistant(SnapshotCodes.Text(code / 2))),
        ]));

    private static Summary Summarize(IReadOnlyList<Message> messages, int maxTokens = 500) =>
        new ExtractiveSummarizer(Counter).SummarizeAsync(new(messages, Snapshot.Empty, maxTokens, Model: null)).GetAwaiter().GetResult();

    private static IEnumerable<string> Facts(Summary summary) => summary.Facts.Select(fact => $"{fact.Kind} {fact.Salience} #{fact.Sequence} {fact.Text}");

    private static string Json(Summary summary) => System.Text.Json.JsonSerializer.Serialize(summary);
}
