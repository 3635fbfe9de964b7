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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_model_writes_passes_the_privacy_policy(bool folds)
    {
        var policy = new MemoryResource { Name = "private", Privacy = new PrivacyPolicy { RedactPatterns = [@"\d{4}-\d{4}"], RedactionString = "[GONE]" } };
        var session = await new SessionBench(new JoiningSummarizer(), policy).LoadAsync();
        for (var turn = 1; turn <= 6; turn++)
        {
            await session.AppendAsync(
                new AppendRequest { Messages = [SessionModel.User("My card is 1234 and then 5678."), SessionModel.Assistant("Fine.")], Resource = "private" }, CancellationToken.None);
        }

        if (folds)
        {
            (await session.CompactAsync(new CompactOptions { Force = true }, CancellationToken.None)).Success.ShouldBeTrue();
            var seen = string.Join('\n', session.GetContext(ContextOptions.Default).Messages.Select(message => message.Content));
            seen.ShouldContain("It is [GONE].");
            seen.ShouldNotContain("1234-5678");
        }

        var end = await session.EndAsync(CancellationToken.None);
        end.Summary.ShouldContain("Card [GONE].");
        end.Summary.ShouldNotContain("1234-5678");
        end.Topics.ShouldBe(["[GONE]"]);
    }

    /// <summary>Puts together what the policy let pass apart.</summary>
    private sealed class JoiningSummarizer : ISummarizer
    {
        public int MaxInputTokens => 100_000;

        public ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default) =>
            new(new Summary("Card 1234-5678.", [new SemanticFact(FactKind.UserPreference, "It is 1234-5678.", 1, 1)], ["1234-5678"]));
    }

    private sealed class FailingSummarizer(bool throws) : ISummarizer
    {
        private readonly ExtractiveSummarizer _extractive = new();

        public int MaxInputTokens => 100_000;

        public async ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default) =>
            throws ? throw new InvalidOperationException("It is down.") : await _extractive.SummarizeAsync(request, cancellationToken) with { Fallback = "It is down." };
    }
}
