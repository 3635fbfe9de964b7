using Granary.Core.Compaction;

namespace Granary.Core.Tests.Sessions;

/// <summary>The summary that ends a session.</summary>
public class FinalSummaryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_summary_that_no_model_made_says_so(bool throws)
    {
        var session = await new SessionBench(new FailingSummarizer(throws)).LoadAsync();
        await session.AppendAsync(new AppendRequest { Messages = [SessionModel.User("Where is Oslo?"), SessionModel.Assistant("Oslo is in Norway.")] }, CancellationToken.None);
        var end = await session.EndAsync(CancellationToken.None);
        (end.SummaryGenerated, end.SummaryFallback).ShouldBe((true, "It is down."));
        (await session.EndAsync(CancellationToken.None)).AlreadyEnded.ShouldBeTrue();
    }

    [Fact]
    public async Task A_summary_as_it_was_meant_says_nothing()
    {
        var session = await new SessionBench().LoadAsync();
        await session.AppendAsync(new AppendRequest { Messages = [SessionModel.User("Where is Oslo?")] }, CancellationToken.None);
        (await session.EndAsync(CancellationToken.None)).SummaryFallback.ShouldBeNull();
    }

    private sealed class FailingSummarizer(bool throws) : ISummarizer
    {
        private readonly ExtractiveSummarizer _extractive = new();

        public int MaxInputTokens => 100_000;

        public async ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default) =>
            throws ? throw new InvalidOperationException("It is down.") : await _extractive.SummarizeAsync(request, cancellationToken) with { Fallback = "It is down." };
    }
}
