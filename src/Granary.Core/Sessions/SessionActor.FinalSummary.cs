using Granary.Core.Compaction;
using Granary.Core.Reflection;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    private delegate Task<Summary> Summarizing(IReadOnlyList<TranscriptEntry> entries, Snapshot previous, CancellationToken cancellationToken);

    /// <summary>The session in words: what was folded, and what was not; and why extraction made it, where a model was to.</summary>
    private async Task<(string Summary, IReadOnlyList<string> Topics, string? Fallback)> SummarizeSessionAsync(
        List<TranscriptEntry> entries, Snapshot snapshot, Summarizing ask, CancellationToken cancellationToken)
    {
        entries = Heard(entries);
        if (entries.Count == 0)
        {
            return (SnapshotText.Cumulative(snapshot), snapshot.Topics, null);
        }

        Summary summary;
        try
        {
            summary = await ask(entries, snapshot, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogSummarizerFailed(_services.Logger, exception, Key.Session);
            summary = await AskFallbackAsync(entries, snapshot, cancellationToken).ConfigureAwait(false) with { Fallback = exception.Message };
        }

        var policy = Policy.Resource;
        var merged = SnapshotBuilder.Merge(
            snapshot, summary, entries[0].Message.Sequence, entries[^1].Message.Sequence, 2 * policy.Compaction.SummaryTokens, _services.Tokens, policy.Budget.Model);
        return (SnapshotText.Cumulative(merged), merged.Topics, summary.Fallback);
    }

    private Task<Summary> AskSummarizerAsync(IReadOnlyList<TranscriptEntry> entries, Snapshot previous, CancellationToken cancellationToken) =>
        AskAsync(_services.Summarizer, entries, previous, cancellationToken);

    private Task<Summary> AskFallbackAsync(IReadOnlyList<TranscriptEntry> entries, Snapshot previous, CancellationToken cancellationToken) =>
        AskAsync(_services.Fallback, entries, previous, cancellationToken);

    /// <summary>Summarizes messages, with the privacy policy applied to every text of it: a model may put together what the policy took apart.</summary>
    private async Task<Summary> AskAsync(ISummarizer summarizer, IReadOnlyList<TranscriptEntry> entries, Snapshot previous, CancellationToken cancellationToken)
    {
        var policy = Policy;
        var summary = await WindowSummarizer.SummarizeAsync(
            summarizer, entries, previous, policy.Resource.Compaction.SummaryTokens, policy.Resource.Budget.Model, cancellationToken).ConfigureAwait(false);
        return summary with
        {
            Episode = policy.Redactor.RedactText(summary.Episode),
            Facts = [.. summary.Facts.Select(fact => fact with { Text = policy.Redactor.RedactText(fact.Text) })],
            Topics = [.. summary.Topics.Select(policy.Redactor.RedactText)],
        };
    }

    /// <summary>The messages without what memory put into them, and without what its tools answered: its own words must not come back as something new.</summary>
    private static List<TranscriptEntry> Heard(IReadOnlyList<TranscriptEntry> entries)
    {
        var heard = new List<TranscriptEntry>(entries.Count);
        var calls = new MemoryToolCalls();
        foreach (var entry in entries)
        {
            var said = entry.Message.Content;
            var text = calls.IsAnswer(entry.Message) ? "" : entry.Message.Role == MessageRole.System ? said : InjectedText.Strip(said);
            heard.Add(ReferenceEquals(text, said) ? entry : entry with { Message = entry.Message with { Content = text } });
        }

        return heard;
    }
}
