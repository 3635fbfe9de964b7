using FsCheck;
using FsCheck.Fluent;
using Granary.Core.Transcripts;

namespace Granary.Core.Tests.Transcripts;

public class TranscriptBlocksTests
{
    [Fact]
    public void Messages_without_tools_are_blocks_of_their_own()
    {
        var entries = new TestTranscript().System(tokens: 7).User(tokens: 3).Assistant(tokens: 5).Entries;

        TranscriptBlocks.Of(entries).ShouldBe([
            new(0, 1, 7, Open: false, System: true),
            new(1, 1, 3, Open: false, System: false),
            new(2, 1, 5, Open: false, System: false),
        ]);
    }

    [Fact]
    public void A_call_and_all_its_results_are_one_block()
    {
        var entries = new TestTranscript().User().Call("a", "b").Result("b").Result("a").Assistant().Entries;

        TranscriptBlocks.Of(entries).ShouldBe([
            new(0, 1, 10, Open: false, System: false),
            new(1, 3, 30, Open: false, System: false),
            new(4, 1, 10, Open: false, System: false),
        ]);
    }

    [Fact]
    public void A_block_reaches_to_a_late_result_with_all_that_was_said_between()
    {
        var entries = new TestTranscript().User().Call("a").User("Wait").Assistant().Result("a").Assistant().Entries;

        TranscriptBlocks.Of(entries)[1].ShouldBe(new(1, 4, 40, Open: false, System: false));
    }

    [Fact]
    public void Calls_that_interleave_are_one_block()
    {
        var entries = new TestTranscript().User().Call("a").Call("b").Result("a").Result("b").Assistant().Entries;

        TranscriptBlocks.Of(entries)[1].ShouldBe(new(1, 4, 40, Open: false, System: false));
    }

    [Fact]
    public void A_system_message_between_a_call_and_its_result_is_a_block_of_its_own()
    {
        var entries = new TestTranscript().User().Call("a").System(tokens: 99).Result("a").Entries;

        var blocks = TranscriptBlocks.Of(entries);

        blocks.ShouldBe([
            new(0, 1, 10, Open: false, System: false),
            new(1, 3, 20, Open: false, System: false),
            new(2, 1, 99, Open: false, System: true),
        ]);
        blocks[1].Holds(entries, 2).ShouldBeFalse();
    }

    [Fact]
    public void A_call_without_a_result_leaves_its_block_open()
    {
        var blocks = TranscriptBlocks.Of(new TestTranscript().User().Call("a", "b").Result("a").User().Entries);

        blocks.Select(block => block.Open).ShouldBe([false, true, false]);
    }

    [Fact]
    public void An_id_that_comes_again_belongs_to_the_newest_call_that_waits()
    {
        var blocks = TranscriptBlocks.Of(new TestTranscript().User().Call("call_0").Result("call_0").Call("call_0").Result("call_0").Entries);

        blocks.ShouldBe([
            new(0, 1, 10, Open: false, System: false),
            new(1, 2, 20, Open: false, System: false),
            new(3, 2, 20, Open: false, System: false),
        ]);
    }

    [Fact]
    public void A_second_result_stays_with_its_call()
    {
        var blocks = TranscriptBlocks.Of(new TestTranscript().User().Call("a").Result("a").Assistant().Result("a").Entries);

        blocks[1].ShouldBe(new(1, 4, 40, Open: false, System: false));
    }

    [Fact]
    public void Every_message_is_in_one_block_and_no_cut_between_blocks_parts_a_call_from_its_result() =>
        Prop.ForAll(TranscriptCodes.Any, codes =>
        {
            var entries = TranscriptCodes.Read(codes).Entries;
            var blocks = TranscriptBlocks.Of(entries);

            var holders = Enumerable.Range(0, entries.Count).Select(index => blocks.Count(block => block.Holds(entries, index)));
            holders.ShouldAllBe(count => count == 1);
            blocks.Select(block => block.First).ShouldBeInOrder(SortDirection.Ascending);
            blocks.Sum(block => block.Tokens).ShouldBe(entries.Sum(entry => entry.Tokens));

            var links = ToolLinks.Of(entries);
            for (var index = 0; index < entries.Count; index++)
            {
                var home = blocks.Single(block => block.Holds(entries, index));
                foreach (var result in links.Results(index).ToArray().Where(result => result >= 0))
                {
                    home.Holds(entries, result).ShouldBeTrue();
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Many_calls_of_one_id_take_time_in_proportion()
    {
        var transcript = new TestTranscript().User();
        for (var index = 0; index < 20_000; index++)
        {
            transcript.Call("x");
        }

        for (var index = 0; index < 20_000; index++)
        {
            transcript.Result("x");
        }

        TranscriptBlocks.Of(transcript.Entries).Count.ShouldBe(2);
    }
}
