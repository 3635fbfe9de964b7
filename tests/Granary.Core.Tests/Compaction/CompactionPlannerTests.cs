using Granary.Core.Compaction;
using Granary.Core.Tests.Transcripts;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Compaction;

public class CompactionPlannerTests
{
    private static readonly CompactOptions Now = new();
    private static readonly CompactOptions Force = new() { Force = true };

    [Fact]
    public void Nothing_is_folded_before_it_is_due() => Plan(new TestTranscript().Turns(9), Policies.Default, Now).ShouldBeNull();

    [Fact]
    public void The_turn_buffer_leaves_the_last_four_turns()
    {
        var plan = Plan(new TestTranscript().System().Turns(10), Policies.Default, Now)!;

        plan.Strategy.ShouldBe(CompactionStrategy.TurnBuffer);
        plan.Folded.ShouldBe(Range(2, 13));
    }

    [Fact]
    public void A_forced_compaction_leaves_the_last_turns_too()
    {
        Plan(new TestTranscript().Turns(6), Policies.Default, Force)!.Folded.ShouldBe(Range(1, 4));
        Plan(new TestTranscript().Turns(4), Policies.Default, Force).ShouldBeNull();
        Plan(new TestTranscript(), Policies.Default, Force).ShouldBeNull();
    }

    [Fact]
    public void A_strategy_that_is_asked_for_replaces_the_resources()
    {
        var plan = Plan(new TestTranscript().Turns(10), Policies.Default, new() { Strategy = CompactionStrategy.HybridSummary })!;

        plan.Strategy.ShouldBe(CompactionStrategy.HybridSummary);
        plan.Folded.ShouldBe(Range(3, 8));
    }

    [Fact]
    public void The_token_budget_folds_all_turns_but_the_last_few()
    {
        var resource = Policies.Of(new() { Strategy = CompactionStrategy.TokenBudget, SummaryTokens = 50 }, budget: 1_000);

        Plan(new TestTranscript().Turns(7, tokens: 50), resource, Now).ShouldBeNull();
        Plan(new TestTranscript().Turns(8, tokens: 50), resource, Now)!.Folded.ShouldBe(Range(1, 8));
    }

    [Fact]
    public void Huge_turns_are_folded_beyond_those_that_would_stay_but_never_the_last()
    {
        var resource = Policies.Of(new() { Strategy = CompactionStrategy.TokenBudget, SummaryTokens = 50 }, budget: 1_000);

        Plan(new TestTranscript().Turns(4, tokens: 150), resource, Now)!.Folded.ShouldBe(Range(1, 4));
        Plan(new TestTranscript().Turns(2, tokens: 5_000), resource, Now)!.Folded.ShouldBe(Range(1, 2));
        Plan(new TestTranscript().Turns(1, tokens: 5_000), resource, Now).ShouldBeNull();
    }

    [Fact]
    public void A_message_limit_is_kept_by_turn_wise_strategies_too()
    {
        var transcript = new TestTranscript();
        for (var turn = 0; turn < 3; turn++)
        {
            transcript.User();
            for (var answer = 0; answer < 9; answer++)
            {
                transcript.Assistant();
            }
        }

        Plan(transcript, Policies.Of(new() { MaxMessages = 30 }), Now)!.Folded.ShouldBe(Range(1, 10));
    }

    [Fact]
    public void Fifo_folds_the_oldest_until_half_of_the_messages_are_left() =>
        Plan(new TestTranscript().Turns(20), Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxMessages = 48 }), Now)!.Folded.ShouldBe(Range(1, 16));

    [Fact]
    public void Fifo_folds_the_oldest_until_half_of_the_tokens_are_left() =>
        Plan(new TestTranscript().Turns(20), Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxTokens = 400 }), Now)!.Folded.ShouldBe(Range(1, 20));

    // memory-engine.md 4 [avoid]: with a message limit set, FIFO looked at messages only and removed nothing though over its tokens.
    [Fact]
    public void Fifo_over_its_tokens_folds_though_it_is_far_below_its_messages()
    {
        var resource = Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxMessages = 100, MaxTokens = 1_000 });

        var plan = Plan(new TestTranscript().Turns(5, tokens: 100), resource, Now)!;

        plan.Folded.ShouldBe(Range(1, 6));
    }

    // memory-engine.md 4 [avoid]: applying a plan kept the last N messages, whichever LRU had chosen.
    [Fact]
    public void Lru_folds_what_was_chosen_not_the_first_n()
    {
        var transcript = new TestTranscript();
        for (var turn = 1; turn <= 10; turn++)
        {
            transcript.User(access: turn <= 3 ? 100 + turn : 0).Assistant(access: turn <= 3 ? 100 + turn : 0);
        }

        var plan = Plan(transcript, Policies.Of(new() { Strategy = CompactionStrategy.Lru, MaxMessages = 20 }), Now)!;

        plan.Folded.ShouldBe(Range(7, 16));
    }

    // memory-engine.md 4 [avoid]: where nothing was to remain, nothing was trimmed.
    [Fact]
    public void Where_nothing_but_the_last_turn_may_remain_all_else_is_folded() =>
        Plan(new TestTranscript().Turns(6, tokens: 100), Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxTokens = 16 }), Now)!.Folded.ShouldBe(Range(1, 10));

    [Fact]
    public void Lru_folds_the_longest_unused_first_and_the_never_used_before_all()
    {
        var transcript = new TestTranscript().User(access: 3).User(access: 1).User(access: 0).User(access: 2).User(access: 0).User();

        Plan(transcript, Policies.Of(new() { Strategy = CompactionStrategy.Lru, MaxMessages = 6 }), Now)!.Folded.ShouldBe([2, 3, 5]);
    }

    [Fact]
    public void Token_aware_lru_folds_the_largest_of_the_unused_first()
    {
        var transcript = new TestTranscript().User(tokens: 10).User(tokens: 300).User(tokens: 200).User(tokens: 400, access: 5).User(tokens: 90);

        Plan(transcript, Policies.Of(new() { Strategy = CompactionStrategy.TokenAwareLru, MaxTokens = 1_000 }), Now)!.Folded.ShouldBe([2, 3]);
    }

    [Fact]
    public void Token_aware_lru_leaves_sixty_percent_of_a_message_limit() =>
        Plan(new TestTranscript().Turns(8), Policies.Of(new() { Strategy = CompactionStrategy.TokenAwareLru, MaxMessages = 20 }), Now)!.Folded.Count.ShouldBe(4);

    // memory-engine.md 2: hybrid_summary existed in code, but the factory and the validation refused it.
    [Fact]
    public void Hybrid_summary_folds_the_oldest_share_and_keeps_the_very_first_and_the_last_turns()
    {
        var resource = Policies.Of(new() { Strategy = CompactionStrategy.HybridSummary, MaxTokens = 250 });

        Plan(new TestTranscript().Turns(10), resource, Now)!.Folded.ShouldBe(Range(3, 8));
    }

    [Fact]
    public void Hybrid_summary_folds_the_first_turn_only_when_nothing_else_is_enough()
    {
        var transcript = new TestTranscript().User(tokens: 900).Assistant().Turns(2);

        Plan(transcript, Policies.Of(new() { Strategy = CompactionStrategy.HybridSummary, SummaryTokens = 16 }, budget: 1_000), Now)!.Folded.ShouldBe(Range(1, 4));
    }

    [Fact]
    public void A_forced_fold_down_to_a_limit_takes_at_least_a_quarter()
    {
        foreach (var strategy in new[] { CompactionStrategy.Fifo, CompactionStrategy.Lru, CompactionStrategy.TokenAwareLru })
        {
            Plan(new TestTranscript().Turns(8), Policies.Of(new() { Strategy = strategy }), Force)!.Folded.ShouldBe(Range(1, 4));
        }
    }

    [Fact]
    public void A_question_is_not_folded_without_what_was_said_to_it()
    {
        var transcript = new TestTranscript().User().Assistant().User().Assistant().Assistant().User().Assistant();

        Plan(transcript, Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxMessages = 8 }), Now)!.Folded.ShouldBe(Range(1, 4));
    }

    [Fact]
    public void A_threshold_below_half_still_folds()
    {
        var options = new CompactOptions { Threshold = 0.2 };

        Plan(new TestTranscript().Turns(10), Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxMessages = 100 }), options)!.Folded.ShouldBe(Range(1, 10));
    }

    // memory-engine.md 5: the eviction policy was dropped when the resource was built.
    [Fact]
    public void Priority_folds_tool_traffic_first_then_ordinary_messages_then_those_with_a_keyword()
    {
        var transcript = new TestTranscript()
            .User("It FAILED again").User("Hello").Call("a").Result("a").Assistant("It is fine").User("This is monkey business").User("Go");

        Folded(2).ShouldBe([3, 4]);
        Folded(3).ShouldBe([2, 3, 4]);
        Folded(5).ShouldBe(Range(2, 6));
        Folded(6).ShouldBe(Range(1, 6));

        // A keyword is a whole word: "key" is not in "monkey".
        IReadOnlyList<long> Folded(int count) => Plan(
            transcript,
            Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxMessages = 2 * (7 - count) }, order: EvictionOrder.Priority),
            Force)!.Folded;
    }

    [Fact]
    public void An_eviction_order_replaces_the_strategys_own()
    {
        var transcript = new TestTranscript().User(access: 9).User(access: 1).User(access: 2).User(access: 3).User();

        Plan(transcript, Policies.Of(new() { Strategy = CompactionStrategy.Lru, MaxMessages = 5 }, order: EvictionOrder.Fifo), Now)!.Folded.ShouldBe([1, 2, 3]);
        Plan(transcript, Policies.Of(new() { Strategy = CompactionStrategy.Fifo, MaxMessages = 5 }, order: EvictionOrder.Lru), Now)!.Folded.ShouldBe([2, 3, 4]);
    }

    [Fact]
    public void A_tool_call_is_folded_with_its_results_or_not_at_all()
    {
        var transcript = new TestTranscript().User().Call("late").Turns(6).Result("late").Turns(1);

        // The block reaches into a turn that stays, so it stays; its own turn's question does not.
        Plan(transcript, Policies.Default, Force)!.Folded.ShouldBe([1]);
    }

    [Fact]
    public void Open_blocks_and_system_messages_stay()
    {
        var transcript = new TestTranscript().System().User().Call("never").System().Turns(10);

        Plan(transcript, Policies.Default, Now)!.Folded.ShouldBe([2, .. Range(5, 16)]);
    }

    private static CompactionPlan? Plan(TestTranscript transcript, MemoryResource resource, CompactOptions options) =>
        CompactionPlanner.Plan(transcript.Entries, transcript.Size(), resource, options);

    private static IReadOnlyList<long> Range(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(sequence => (long)sequence)];
}
