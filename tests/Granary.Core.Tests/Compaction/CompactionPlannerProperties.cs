using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Compaction;
using Granary.Core.Tests.Transcripts;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Compaction;

public class CompactionPlannerProperties
{
    private static readonly Arbitrary<(int[] Codes, MemoryResource Resource, CompactOptions Options)> Cases = Arb.From(
        from codes in TranscriptCodes.Any.Generator
        from strategy in Gen.Elements(Enum.GetValues<CompactionStrategy>())
        from order in Gen.Elements(Enum.GetValues<EvictionOrder>())
        from buffer in Gen.Elements<int?>(null, 1, 5)
        from messages in Gen.Elements<int?>(null, 4, 20)
        from tokens in Gen.Elements<int?>(null, 16, 500)
        from budget in Gen.Elements(0, 300, 8_192)
        from retain in Gen.Choose(1, 4)
        from force in Gen.Elements(true, false)
        from threshold in Gen.Elements<double?>(null, 0.05, 1)
        select (
            codes,
            Policies.Of(new() { Strategy = strategy, TurnBuffer = buffer, MaxMessages = messages, MaxTokens = tokens, RetainTurns = retain }, budget, order),
            new CompactOptions { Force = force, Threshold = threshold }));

    [Fact]
    public void A_plan_takes_whole_blocks_never_system_messages_or_open_blocks_and_the_newest_turn_only_after_all_else() => ForAll((entries, resource, options, plan) =>
    {
        var folded = plan?.Folded.ToHashSet() ?? [];
        var newest = entries.Where(IsTurns).Select(entry => entry.Message.Turn).LastOrDefault();
        var newestTaken = entries.Any(entry => entry.Message.Turn == newest && folded.Contains(entry.Message.Sequence));
        foreach (var block in TranscriptBlocks.Of(entries))
        {
            var held = Enumerable.Range(block.First, block.Count).Where(index => block.Holds(entries, index)).Select(index => entries[index].Message).ToList();
            var taken = held.Count(message => folded.Contains(message.Sequence));
            taken.ShouldBeOneOf(0, held.Count);
            if (taken > 0)
            {
                block.System.ShouldBeFalse();
                block.Open.ShouldBeFalse();
            }

            if (newestTaken && !block.System && !block.Open && held[^1].Turn < newest)
            {
                taken.ShouldBe(held.Count);
            }
        }
    });

    [Fact]
    public void What_is_folded_is_ascending_without_repeats_and_the_survivors_keep_their_order() => ForAll((entries, resource, options, plan) =>
    {
        var folded = plan?.Folded ?? [];
        folded.ShouldBe(folded.Distinct().Order());
        folded.ShouldBeSubsetOf(entries.Select(entry => entry.Message.Sequence));
        (plan is null || folded.Count > 0).ShouldBeTrue();
    });

    [Fact]
    public void A_forced_plan_makes_progress_whenever_there_is_a_block_to_take() => ForAll((entries, resource, options, plan) =>
    {
        var turns = entries.Where(IsTurns).Select(entry => entry.Message.Turn).Distinct().ToList();
        if (!options.Force || turns.Count == 0)
        {
            return;
        }

        var retained = resource.Compaction.Strategy is CompactionStrategy.Fifo or CompactionStrategy.Lru or CompactionStrategy.TokenAwareLru ? 1 : resource.Compaction.RetainTurns;
        var last = turns[Math.Max(0, turns.Count - retained)];
        var first = resource.Compaction.Strategy == CompactionStrategy.HybridSummary ? turns.First(turn => turn > 0 || turns.Count == 1) : -1;
        var eligible = TranscriptBlocks.Of(entries).Any(block =>
            !block.System && !block.Open && entries[block.Last].Message.Turn < last && entries[block.First].Message.Turn > first);
        if (eligible)
        {
            plan.ShouldNotBeNull();
        }
    });

    [Fact]
    public void After_a_plan_the_trigger_is_not_reached_or_nothing_more_can_be_taken() => ForAll((entries, resource, options, plan) =>
    {
        if (plan is null)
        {
            return;
        }

        var folded = plan.Folded.ToHashSet();
        var left = entries.Where(entry => !folded.Contains(entry.Message.Sequence)).ToList();
        var size = TranscriptSize.Of(left, 0);
        if (CompactionTrigger.IsDue(size, resource, options.Threshold))
        {
            var newest = left.Where(IsTurns).Select(entry => entry.Message.Turn).Last();
            TranscriptBlocks.Of(left).ShouldAllBe(block => block.System || block.Open || left[block.Last].Message.Turn == newest);
        }
    });

    [Fact]
    public void The_same_input_gives_the_same_plan() => ForAll((entries, resource, options, plan) =>
        CompactionPlanner.Plan(entries, TranscriptSize.Of(entries, 0), resource, options)?.Folded.ShouldBe(plan!.Folded));

    private static bool IsTurns(TranscriptEntry entry) => entry.Message.Role != MessageRole.System;

    private static void ForAll(Action<IReadOnlyList<TranscriptEntry>, MemoryResource, CompactOptions, CompactionPlan?> holds) =>
        Prop.ForAll(Cases, test =>
        {
            var entries = TranscriptCodes.Read(test.Codes).Entries;
            holds(entries, test.Resource, test.Options, CompactionPlanner.Plan(entries, TranscriptSize.Of(entries, 0), test.Resource, test.Options));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
}
