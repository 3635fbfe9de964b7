using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Compaction;
using Granary.Core.Tokens;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Transcripts;

public class ContextFitterTests
{
    private static readonly ScriptAwareTokenCounter Counter = new();

    private static readonly Snapshot Remembered = new(
        [new(1, 4, "They met in Lyon."), new(5, 9, "They planned a trip to Oslo in March.")],
        [new(FactKind.UserPreference, "Likes trains.", 300, 2), new(FactKind.DurableFact, "Budget is 900 EUR.", 250, 3), new(FactKind.ImportantArtifact, "plan.md", 120, 8)],
        []);

    [Fact]
    public void What_fits_stays_as_it_is()
    {
        var entries = new TestTranscript().Turns(3).Entries;

        var fitted = Fit(entries, Remembered, 1_000);

        fitted.Entries.ShouldBeSameAs(entries);
        fitted.Snapshot.ShouldBeSameAs(Remembered);
        fitted.OmittedMessages.ShouldBe(0);
    }

    [Fact]
    public void Whole_blocks_go_first_the_oldest_first_and_system_messages_stay()
    {
        var entries = new TestTranscript().System(tokens: 20).User().Call("a").Result("a").Assistant().User("Last?").Assistant("Yes.").Entries;

        var fitted = Fit(entries, Snapshot.Empty, 55);

        fitted.Entries.Select(entry => entry.Message.Sequence).ShouldBe([1, 5, 6, 7]);
        fitted.OmittedMessages.ShouldBe(3);
    }

    [Fact]
    public void Then_facts_go_by_salience_then_episodes_by_age()
    {
        var entries = new TestTranscript().Turns(2).Entries;
        var all = SnapshotText.Tokens(Remembered, Counter, null);

        Fit(entries, Remembered, all + 10 - 1).Snapshot.Facts.Select(fact => fact.Text).ShouldBe(["Likes trains.", "Budget is 900 EUR."]);
        var episodes = SnapshotText.Tokens(Remembered with { Facts = [] }, Counter, null);
        SnapshotText.Render(Fit(entries, Remembered, episodes + 10).Snapshot).ShouldBe(SnapshotText.Render(Remembered with { Facts = [] }));
        Fit(entries, Remembered, episodes + 10 - 1).Snapshot.Episodes.Single().Summary.ShouldBe("They planned a trip to Oslo in March.");
    }

    [Fact]
    public void The_last_users_message_goes_last()
    {
        var entries = new TestTranscript().Turns(2).Entries;

        var fitted = Fit(entries, Remembered, 10);

        fitted.Entries.Single().Message.Content.ShouldBe("Question 2?");
        fitted.Snapshot.Episodes.ShouldBeEmpty();
        Fit(entries, Remembered, 9).Entries.ShouldBeEmpty();
    }

    [Fact]
    public void The_result_never_exceeds_what_is_asked_unless_system_messages_alone_do() =>
        Prop.ForAll(TranscriptCodes.Any, Arb.From(Gen.Choose(1, 600)), (codes, maxTokens) =>
        {
            var entries = TranscriptCodes.Read(codes).Entries;

            var fitted = Fit(entries, Remembered, maxTokens);

            var system = entries.Where(entry => entry.Message.Role == MessageRole.System).ToList();
            var total = fitted.Entries.Sum(entry => entry.Tokens) + SnapshotText.Tokens(fitted.Snapshot, Counter, null);
            total.ShouldBeLessThanOrEqualTo(Math.Max(maxTokens, system.Sum(entry => entry.Tokens)));
            system.ShouldBeSubsetOf(fitted.Entries);
            fitted.OmittedMessages.ShouldBe(entries.Count - fitted.Entries.Count);
            fitted.Entries.Select(entry => entry.Message.Sequence).ShouldBeInOrder(SortDirection.Ascending);
            foreach (var block in TranscriptBlocks.Of(entries))
            {
                var held = Enumerable.Range(block.First, block.Count).Where(index => block.Holds(entries, index)).ToList();
                held.Count(index => fitted.Entries.Contains(entries[index])).ShouldBeOneOf(0, held.Count);
            }
        }).QuickCheckThrowOnFailure();

    private static FittedContext Fit(IReadOnlyList<TranscriptEntry> entries, Snapshot snapshot, int maxTokens) =>
        ContextFitter.Fit(entries, snapshot, maxTokens, Counter, model: null);
}
