using Granary.Core.Compaction;
using Granary.Core.Tests.Transcripts;
using Granary.Core.Tokens;

namespace Granary.Core.Tests.Compaction;

public class WindowSummarizerTests
{
    [Fact]
    public async Task A_window_that_fits_is_summarized_at_once()
    {
        var summarizer = new Recorder(maxInputTokens: 100);
        var previous = new Snapshot([new(1, 1, "before")], [], []);

        var summary = await WindowSummarizer.SummarizeAsync(summarizer, new TestTranscript().Turns(5).Entries, previous, 500, "m", default);

        var request = summarizer.Requests.ShouldHaveSingleItem();
        request.Messages.Count.ShouldBe(10);
        (request.Previous, request.MaxTokens, request.Model).ShouldBe((previous, 500, "m"));
        summary.Episode.ShouldBe("Part 1 of 10 messages.");
    }

    [Fact]
    public async Task A_larger_window_is_summarized_in_parts_of_whole_blocks()
    {
        var summarizer = new Recorder(maxInputTokens: 35);
        var window = new TestTranscript().Turns(1).User().Call("a", "b").Result("a").Result("b").Assistant().Turns(1).Entries;

        var summary = await WindowSummarizer.SummarizeAsync(summarizer, window, Snapshot.Empty, 500, null, default);

        summarizer.Requests.Select(request => string.Join(' ', request.Messages.Select(message => message.Sequence))).ShouldBe(["1 2 3", "4 5 6", "7 8 9"]);
        summarizer.Requests.ShouldAllBe(request => request.MaxTokens == 166);
        summary.Episode.ShouldBe("Part 1 of 3 messages.\nPart 2 of 3 messages.\nPart 3 of 3 messages.");
        summary.Facts.Select(fact => fact.Text).ShouldBe(["fact 1", "fact 2", "fact 3"]);
        summary.Topics.ShouldBe(["all", "topic 1", "topic 2", "topic 3"]);
    }

    [Fact]
    public async Task A_block_larger_than_the_summarizer_takes_goes_alone()
    {
        var summarizer = new Recorder(maxInputTokens: 15);
        var window = new TestTranscript().User().Call("a").Result("a").Assistant().Entries;

        await WindowSummarizer.SummarizeAsync(summarizer, window, Snapshot.Empty, 500, null, default);

        summarizer.Requests.Select(request => request.Messages.Count).ShouldBe([1, 2, 1]);
    }

    [Fact]
    public async Task Joined_parts_that_are_too_long_are_shortened()
    {
        var summarizer = new Recorder(maxInputTokens: 25, episode: "Anna paid 300 EUR for order ORD-20412 on 3 May 2026.");

        var summary = await WindowSummarizer.SummarizeAsync(summarizer, new TestTranscript().Turns(40).Entries, Snapshot.Empty, 60, null, default);

        new ScriptAwareTokenCounter().Count(summary.Episode, null).ShouldBeLessThanOrEqualTo(60);
        summary.Episode.ShouldContain("ORD-20412");
    }

    [Fact]
    public async Task A_failure_of_any_part_is_a_failure()
    {
        var summarizer = new Recorder(maxInputTokens: 25, failAt: 3);

        await Should.ThrowAsync<InvalidOperationException>(
            async () => await WindowSummarizer.SummarizeAsync(summarizer, new TestTranscript().Turns(10).Entries, Snapshot.Empty, 500, null, default));
    }

    private sealed class Recorder(int maxInputTokens, string? episode = null, int failAt = 0) : ISummarizer
    {
        public List<SummaryRequest> Requests { get; } = [];

        public int MaxInputTokens => maxInputTokens;

        public ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default)
        {
            Requests.Add(request);
            var part = Requests.Count;
            return part == failAt
                ? throw new InvalidOperationException("The model is down.")
                : new(new Summary(episode ?? $"Part {part} of {request.Messages.Count} messages.", [new(FactKind.DurableFact, $"fact {part}", 200, part)], ["all", $"topic {part}"]));
        }
    }
}
