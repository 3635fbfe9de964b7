using Granary.Core.Compaction;
using Granary.Core.Tests.Transcripts;
using Granary.Core.Tokens;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Compaction;

/// <summary>All parts together, as a session uses them: append, ask the trigger, plan, summarize, merge.</summary>
public class CompactionCycleTests
{
    private static readonly ScriptAwareTokenCounter Counter = new();

    public static TheoryData<CompactionStrategy> Strategies { get; } = [.. Enum.GetValues<CompactionStrategy>()];

    [Theory]
    [MemberData(nameof(Strategies))]
    public async Task A_long_session_stays_within_its_budget_and_every_message_is_folded_once(CompactionStrategy strategy)
    {
        var resource = Policies.Of(new() { Strategy = strategy, TurnBuffer = 5, MaxMessages = 40, MaxTokens = 900, SummaryTokens = 120 }, budget: 1_500);
        var source = new TestTranscript().System("You are a travel agent.", 12);
        var active = source.Entries.ToList();
        var snapshot = Snapshot.Empty;
        var folded = new List<long>();
        var compactions = 0;
        for (var turn = 1; turn <= 150; turn++)
        {
            var before = source.Entries.Count;
            Say(source, turn);
            active.AddRange(source.Entries.Skip(before));

            var size = TranscriptSize.Of(active, SnapshotText.Tokens(snapshot, Counter, null));
            if (CompactionPlanner.Plan(active, size, resource, new()) is { } plan)
            {
                compactions++;
                var taken = plan.Folded.ToHashSet();
                var window = active.Where(entry => taken.Contains(entry.Message.Sequence)).ToList();
                var summary = await WindowSummarizer.SummarizeAsync(new ExtractiveSummarizer(Counter), window, snapshot, 120, null, default);
                snapshot = SnapshotBuilder.Merge(snapshot, summary, plan.Folded[0], plan.Folded[^1], SnapshotBuilder.MaxTokens(resource), Counter, null);
                active.RemoveAll(entry => taken.Contains(entry.Message.Sequence));
                folded.AddRange(plan.Folded);
            }

            var after = TranscriptSize.Of(active, SnapshotText.Tokens(snapshot, Counter, null));
            after.Tokens.ShouldBeLessThanOrEqualTo(1_500);
            CompactionTrigger.IsDue(after, resource).ShouldBeFalse();
        }

        folded.ShouldBeUnique();
        folded.Concat(active.Select(entry => entry.Message.Sequence)).Order().ShouldBe(source.Entries.Select(entry => entry.Message.Sequence));
        active[0].Message.Role.ShouldBe(MessageRole.System);
        compactions.ShouldBeInRange(10, 75);
        SnapshotText.Tokens(snapshot, Counter, null).ShouldBeInRange(200, 375);
    }

    [Fact]
    public async Task A_name_that_was_said_at_the_beginning_survives_a_hundred_compactions()
    {
        var summarizer = new ExtractiveSummarizer(Counter);
        var snapshot = SnapshotBuilder.Merge(
            Snapshot.Empty, await summarizer.SummarizeAsync(new(Conversations.Trip, Snapshot.Empty, 500, null)), 1, 13, 2_048, Counter, null);
        for (var fold = 1; fold <= 100; fold++)
        {
            var source = new TestTranscript();
            for (var turn = 1; turn <= 6; turn++)
            {
                Say(source, (fold * 6) + turn);
            }

            var summary = await summarizer.SummarizeAsync(new([.. source.Entries.Select(entry => entry.Message)], snapshot, 500, null));
            snapshot = SnapshotBuilder.Merge(snapshot, summary, (fold * 20) + 1, (fold * 20) + 20, 2_048, Counter, null);
            SnapshotText.Tokens(snapshot, Counter, null).ShouldBeLessThanOrEqualTo(2_048);
        }

        var text = SnapshotText.Render(snapshot);
        text.ShouldContain("Ingrid Solberg");
        text.ShouldContain("allergic to peanuts");
        snapshot.Episodes[0].FirstSequence.ShouldBe(1);
        snapshot.Episodes.Count.ShouldBeGreaterThan(5);
    }

    private static void Say(TestTranscript source, int turn)
    {
        var question = $"What does trip {turn} to station {turn * 37 % 101} cost, and when does it leave on {1 + (turn % 28)} May?";
        source.User(question, Tokens(question));
        if (turn % 3 == 0)
        {
            source.Call($"call_{turn % 2}").Result($"call_{turn % 2}", $"{{\"price\":{turn * 13},\"currency\":\"EUR\"}}", tokens: 15);
        }

        var answer = $"Trip {turn} costs {turn * 13} EUR and leaves at {turn % 24}:30. The ticket is TR-{1_000 + turn}. Anything else?";
        source.Assistant(answer, Tokens(answer));

        static int Tokens(string text) => Counter.Count(new Message { Role = MessageRole.User, Content = text }, null);
    }
}
