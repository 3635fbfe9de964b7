using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Compaction;
using Granary.Core.Tokens;

namespace Granary.Core.Tests.Compaction;

public class SnapshotBuilderTests
{
    private const int Plenty = 100_000;

    private static readonly ScriptAwareTokenCounter Counter = new();

    [Fact]
    public void A_summary_becomes_an_episode_with_its_facts_and_topics()
    {
        var snapshot = Merge(Snapshot.Empty, new("They met.", [Fact(FactKind.DurableFact, "Lives in Lyon.")], ["Lyon"]), 1, 12);

        snapshot.Episodes.ShouldBe([new(1, 12, "They met.")]);
        snapshot.Facts.ShouldBe([Fact(FactKind.DurableFact, "Lives in Lyon.")]);
        snapshot.Topics.ShouldBe(["Lyon"]);
    }

    [Fact]
    public void Facts_that_differ_only_in_case_and_white_space_are_one_of_the_weightier_kind()
    {
        var snapshot = Merge(
            Snapshot.Empty,
            new("", [Fact(FactKind.DurableFact, "The  server\nis down.", sequence: 1), Fact(FactKind.CriticalIssue, "the SERVER is down.", sequence: 2)], []));

        var fact = snapshot.Facts.ShouldHaveSingleItem();
        fact.Kind.ShouldBe(FactKind.CriticalIssue);
        fact.Text.ShouldBe("The server is down.");
        fact.Sequence.ShouldBe(2);
        fact.Salience.ShouldBeInRange(500, 599);
    }

    [Fact]
    public void What_is_said_again_weighs_more_but_never_more_than_the_next_kind()
    {
        var snapshot = Snapshot.Empty;
        for (var sequence = 1; sequence <= 50; sequence++)
        {
            snapshot = Merge(snapshot, new("", [Fact(FactKind.DurableFact, "Lives in Lyon.", sequence: sequence)], []), sequence, sequence);
        }

        snapshot.Facts.Single().Salience.ShouldBeInRange(210, 299);
    }

    [Fact]
    public void Of_each_kind_only_so_many_are_kept_the_most_salient_first_then_the_newest()
    {
        var facts = Enum.GetValues<FactKind>().SelectMany(kind => Enumerable.Range(1, 12).Select(index => Fact(kind, $"{kind} {index}", sequence: index)));

        var snapshot = Merge(Snapshot.Empty, new("", [.. facts], []));

        snapshot.Facts.GroupBy(fact => fact.Kind).Select(group => group.Count()).ShouldBe([6, 6, 6, 8, 6]);
        snapshot.Facts.Select(fact => fact.Kind).ShouldBeInOrder(SortDirection.Ascending);
        snapshot.Facts.First().Text.ShouldBe("CriticalIssue 12");
    }

    [Theory]
    [InlineData("User: My budget is 500 EUR.", "User: Actually, my budget is 700 EUR.")]
    [InlineData("User: The deadline is Friday.", "Assistant: Our deadline is Monday.")]
    [InlineData("User: I live in Lyon.", "User: I moved to Oslo.")]
    [InlineData("User: My favorite color is red.", "User: my favorite color is blue.")]
    [InlineData("Deadline: Friday", "Deadline: Monday")]
    public void A_newer_fact_replaces_an_older_one_about_the_same_single_valued_thing(string older, string newer) =>
        MergeBoth(older, newer).ShouldBe([newer]);

    [Theory]
    [InlineData("Ada: My budget is 500 EUR.", "Bob: My budget is 700 EUR.")]
    [InlineData("User: My dog is brown.", "User: My dog is three years old.")]
    [InlineData("User: I like tea.", "User: I like coffee.")]
    [InlineData("User: It is late.", "User: It is cold.")]
    public void Where_the_subject_is_not_plain_both_stay(string older, string newer) => MergeBoth(older, newer).ShouldBe([newer, older]);

    [Fact]
    public void A_long_fact_is_cut_at_500_characters()
    {
        var fact = Merge(Snapshot.Empty, new("", [Fact(FactKind.DurableFact, string.Concat(Enumerable.Repeat("\U0001F600", 400)))], [])).Facts.Single();

        fact.Text.Length.ShouldBeLessThanOrEqualTo(500);
        char.IsHighSurrogate(fact.Text[^2]).ShouldBeFalse();
    }

    [Fact]
    public void Where_room_is_short_older_episodes_become_one_shorter_and_the_newest_stays_word_for_word()
    {
        var snapshot = Snapshot.Empty;
        for (var fold = 0; fold < 12; fold++)
        {
            snapshot = Merge(
                snapshot,
                new($"User: Order ORD-10{fold} of {fold + 3} May costs {fold}50 EUR. Assistant: I noted that the parcel number {fold} goes to Oslo by train.", [], []),
                (fold * 10) + 1, (fold * 10) + 10, maxTokens: 200);
        }

        SnapshotText.Tokens(snapshot, Counter, null).ShouldBeLessThanOrEqualTo(200);
        snapshot.Episodes[0].FirstSequence.ShouldBe(1);
        snapshot.Episodes[^1].LastSequence.ShouldBe(120);
        snapshot.Episodes[^1].Summary.ShouldContain("ORD-1011");
        snapshot.Episodes.Count.ShouldBeInRange(2, 6);
        snapshot.Episodes[0].Summary.ShouldContain("ORD-10");
        for (var index = 1; index < snapshot.Episodes.Count; index++)
        {
            snapshot.Episodes[index].FirstSequence.ShouldBe(snapshot.Episodes[index - 1].LastSequence + 1);
        }
    }

    [Fact]
    public void Where_room_is_short_facts_go_by_salience()
    {
        var facts = Enum.GetValues<FactKind>().SelectMany(kind => Enumerable.Range(1, 6).Select(index => Fact(kind, $"A {kind} with the number {index} and some words.", sequence: index)));

        var snapshot = Merge(Snapshot.Empty, new("They met and talked.", [.. facts], []), maxTokens: 120);

        SnapshotText.Tokens(snapshot, Counter, null).ShouldBeLessThanOrEqualTo(120);
        snapshot.Episodes.ShouldHaveSingleItem();
        snapshot.Facts.ShouldNotBeEmpty();
        snapshot.Facts.ShouldAllBe(fact => fact.Kind == FactKind.CriticalIssue);
    }

    [Fact]
    public void A_snapshot_may_have_a_quarter_of_the_budget_or_the_long_term_share()
    {
        var resource = Policies.Of(new(), budget: 1_000);

        SnapshotBuilder.MaxTokens(resource).ShouldBe(250);
        SnapshotBuilder.MaxTokens(resource with { Allocation = new(0.1, 0.1, 0.7, 0.1) }).ShouldBe(100);
        SnapshotBuilder.MaxTokens(resource with { Allocation = new(0.1, 0.5, 0.3, 0.1) }).ShouldBe(250);
    }

    [Fact]
    public void A_merge_never_exceeds_its_tokens_is_deterministic_and_stable_on_repeat() =>
        Prop.ForAll(SnapshotCodes.Any, SnapshotCodes.Any, Arb.From(Gen.Elements(0, 1, 16, 40, 100, 300, 5_000)), (before, after, maxTokens) =>
        {
            var previous = Merge(Snapshot.Empty, SnapshotCodes.Summary(before), 1, 10, maxTokens);
            var summary = SnapshotCodes.Summary(after);

            var merged = Merge(previous, summary, 11, 20, maxTokens);

            SnapshotText.Tokens(merged, Counter, null).ShouldBeLessThanOrEqualTo(maxTokens);
            Json(Merge(previous, summary, 11, 20, maxTokens)).ShouldBe(Json(merged));
            if (merged.Episodes is [.., { LastSequence: 20 }])
            {
                Json(Merge(merged, summary, 11, 20, maxTokens)).ShouldBe(Json(merged));
            }

            foreach (var group in merged.Facts.GroupBy(fact => fact.Kind))
            {
                group.Count().ShouldBeLessThanOrEqualTo(FactRules.Most(group.Key));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_calibrated_model_is_counted_with_its_own_tokens()
    {
        var counter = new ScriptAwareTokenCounter();
        for (var report = 0; report < 100; report++)
        {
            counter.Observe("dense", counter.Count(new string('x', 5_000), "dense"), 3 * counter.Count(new string('x', 5_000), null));
        }

        var summary = new Summary(string.Join(' ', Enumerable.Range(1, 60).Select(index => $"Invoice {index} was paid by Anna.")), [], []);
        var snapshot = SnapshotBuilder.Merge(Snapshot.Empty, summary, 1, 9, 150, counter, "dense");

        SnapshotText.Tokens(snapshot, counter, "dense").ShouldBeInRange(60, 150);
    }

    private static string[] MergeBoth(string older, string newer) =>
    [
        .. Merge(
            Merge(Snapshot.Empty, new("", [Fact(FactKind.DurableFact, older, sequence: 1)], [])),
            new("", [Fact(FactKind.DurableFact, newer, sequence: 2)], [])).Facts.Select(fact => fact.Text),
    ];

    private static Snapshot Merge(Snapshot previous, Summary summary, long first = 1, long last = 1, int maxTokens = Plenty) =>
        SnapshotBuilder.Merge(previous, summary, first, last, maxTokens, Counter, model: null);

    private static SemanticFact Fact(FactKind kind, string text, long sequence = 1) => new(kind, text, FactRules.Base(kind), sequence);

    private static string Json(Snapshot snapshot) => System.Text.Json.JsonSerializer.Serialize(snapshot);
}
