using Granary.Core.Compaction;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Compaction;

public class CompactionTriggerTests
{
    [Fact]
    public void The_default_resource_is_due_at_ten_turns()
    {
        CompactionTrigger.IsDue(new(9, 18, 0, 0, 180), Policies.Default).ShouldBeFalse();
        CompactionTrigger.IsDue(new(10, 20, 0, 0, 200), Policies.Default).ShouldBeTrue();
    }

    [Fact]
    public void Without_a_turn_buffer_turns_alone_are_never_due() =>
        CompactionTrigger.IsDue(new(100_000, 200_000, 0, 0, 100), Policies.Of(new())).ShouldBeFalse();

    [Fact]
    public void Tokens_of_all_parts_count_against_the_budget()
    {
        var resource = Policies.Of(new(), budget: 1_000);

        CompactionTrigger.IsDue(new(1, 2, 200, 200, 399), resource).ShouldBeFalse();
        CompactionTrigger.IsDue(new(1, 2, 200, 200, 400), resource).ShouldBeTrue();
    }

    [Fact]
    public void An_unknown_model_has_a_budget_of_8192_tokens()
    {
        var resource = new MemoryResource { Name = "default" };

        CompactionTrigger.IsDue(new(1, 2, 0, 0, 6_553), resource).ShouldBeFalse();
        CompactionTrigger.IsDue(new(1, 2, 0, 0, 6_554), resource).ShouldBeTrue();
    }

    [Fact]
    public void Without_any_budget_compaction_is_always_due() =>
        CompactionTrigger.IsDue(new(1, 1, 0, 0, 1), Policies.Of(new(), budget: 0)).ShouldBeTrue();

    [Fact]
    public void Message_and_token_limits_are_due_at_their_threshold()
    {
        var messages = Policies.Of(new() { MaxMessages = 35 });
        CompactionTrigger.IsDue(new(14, 27, 0, 0, 27), messages).ShouldBeFalse();
        CompactionTrigger.IsDue(new(14, 28, 0, 0, 28), messages).ShouldBeTrue();

        var tokens = Policies.Of(new() { MaxTokens = 1_000, Threshold = 0.5 });
        CompactionTrigger.IsDue(new(2, 4, 300, 300, 499), tokens).ShouldBeFalse();
        CompactionTrigger.IsDue(new(2, 4, 300, 300, 500), tokens).ShouldBeTrue();
    }

    [Fact]
    public void A_threshold_that_is_asked_for_replaces_the_resources()
    {
        var resource = Policies.Of(new() { MaxMessages = 100 }, budget: 1_000);

        CompactionTrigger.IsDue(new(5, 10, 0, 0, 100), resource).ShouldBeFalse();
        CompactionTrigger.IsDue(new(5, 10, 0, 0, 100), resource, threshold: 0.1).ShouldBeTrue();
        CompactionTrigger.IsDue(new(5, 10, 0, 0, 900), resource, threshold: 1).ShouldBeFalse();
    }

    // memory-engine.md 2: token_allocation was validated, then ignored.
    [Fact]
    public void Allocation_shares_are_honoured()
    {
        var resource = Policies.Of(new(), budget: 1_000) with { Allocation = new(System: 0.1, LongTerm: 0.2, ShortTerm: 0.5, UserDefined: 0.2) };

        CompactionTrigger.IsDue(new(3, 6, 100, 0, 399), resource).ShouldBeFalse();
        CompactionTrigger.IsDue(new(3, 6, 100, 0, 400), resource).ShouldBeTrue();

        // What system messages need beyond their share is taken from the turns' share: 0.8 x (500 - 100).
        CompactionTrigger.IsDue(new(3, 6, 200, 0, 319), resource).ShouldBeFalse();
        CompactionTrigger.IsDue(new(3, 6, 200, 0, 320), resource).ShouldBeTrue();

        // What the caller keeps for itself is not there for the rest: 0.8 x 800.
        CompactionTrigger.IsDue(new(3, 6, 100, 250, 290), resource).ShouldBeTrue();
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        var size = new TranscriptSize(9, 18, 10, 10, 180);
        CompactionTrigger.IsDue(size, Policies.Default);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 100; index++)
        {
            CompactionTrigger.IsDue(size, Policies.Default, 0.5);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_size_counts_turns_and_messages_without_system_messages()
    {
        var transcript = new Transcripts.TestTranscript().System(tokens: 7).Assistant("Welcome").Turns(2).System(tokens: 5);

        transcript.Size(snapshotTokens: 3).ShouldBe(new(Turns: 3, Messages: 5, SystemTokens: 12, SnapshotTokens: 3, RecentTokens: 50));
    }
}
