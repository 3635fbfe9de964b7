using Granary.Core.Compaction.Extraction;
using Granary.Core.Tokens;

namespace Granary.Core.Compaction;

/// <summary>
/// Summarizes by choosing sentences and facts: names, numbers, dates, decisions, preferences, problems, questions that are open. Needs
/// no model and no clock; the same messages give the same summary. Takes time in proportion to the text.
/// </summary>
/// <param name="tokens">Counts the summary's tokens; an estimate by default.</param>
public sealed class ExtractiveSummarizer(ITokenCounter? tokens = null) : ISummarizer
{
    /// <summary>The share of what was said that an episode may have: with more it would be no summary.</summary>
    public const double EpisodeShare = 0.4;

    /// <summary>Tokens up to which an episode may have all that was said.</summary>
    private const int FreeTokens = 48;

    /// <summary>Any number.</summary>
    public int MaxInputTokens => int.MaxValue;

    /// <inheritdoc/>
    public ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        var analysis = TextAnalysis.Of(MessageReader.Read(request.Messages));
        long said = 0;
        foreach (var utterance in analysis.Utterances)
        {
            said += TokenEstimate.Of(utterance.Text);
        }

        var aim = (int)Math.Min(request.MaxTokens, Math.Max(FreeTokens, said * EpisodeShare));
        var episode = ExtractiveText.Choose(analysis, aim, request.MaxTokens, tokens, request.Model);
        return new(new Summary(episode, FactExtraction.Of(analysis), TopicExtraction.Of(analysis)));
    }
}
