using Granary.Core.Compaction;
using Granary.Core.Compaction.Extraction;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>Summarizes by a model; where that fails, by extraction, and says so.</summary>
internal sealed class ModelSummarizer : ISummarizer
{
    /// <summary>The longest episode in characters.</summary>
    public const int MaxEpisodeLength = 4_000;

    /// <summary>What instructions, known facts and the frame of messages take of the model's context.</summary>
    private const int PromptTokens = 3_000;

    /// <summary>What the lists of facts may take of the answer.</summary>
    private const int FactTokens = 3_000;

    /// <summary>The share of the context that is used: counts are estimates.</summary>
    private const double UsedShare = 0.8;

    private const int LeastInputTokens = 500;

    private readonly ModelTask<SummaryAnswer> _task;
    private readonly ITokenCounter _tokens;
    private readonly ExtractiveSummarizer _fallback;

    /// <param name="options">Name the model.</param>
    /// <param name="models">Ask it.</param>
    /// <param name="catalogue">Knows its limits.</param>
    /// <param name="tokens">Counts, and learns.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public ModelSummarizer(
        ModelsOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger<ModelSummarizer> logger)
    {
        _tokens = tokens;
        _task = new ModelTask<SummaryAnswer>(
            new ModelTaskOptions("summary", options.Summarizer!, TimeSpan.FromSeconds(options.SummarizerTimeoutSeconds), GranaryLlmInstruments.Summarized),
            models,
            catalogue,
            tokens,
            time,
            logger,
            AnswerJson.Default.SummaryAnswer,
            SummaryAnswer.Schema);
        _fallback = new ExtractiveSummarizer(tokens);
        var room = (_task.Info.ContextTokens - PromptTokens - FactTokens) * UsedShare;
        MaxInputTokens = (int)Math.Max(LeastInputTokens, Math.Min(options.SummarizerInputTokens, room));
    }

    /// <inheritdoc/>
    public int MaxInputTokens { get; }

    /// <inheritdoc/>
    public async ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var said = MessageReader.Read(request.Messages);
        if (said.Count == 0)
        {
            return new Summary("", [], []);
        }

        var (summary, fallback) = await _task.TryAskAsync(
            SummaryPrompt.Of(request, said), request.MaxTokens + FactTokens, answer => Read(request, said, answer), cancellationToken).ConfigureAwait(false);
        return summary ?? await _fallback.SummarizeAsync(request, cancellationToken).ConfigureAwait(false) with { Fallback = fallback };
    }

    private Summary Read(SummaryRequest request, List<Utterance> said, SummaryAnswer answer)
    {
        var episode = answer.EpisodicSummary.Trim();
        if (episode.Length == 0)
        {
            throw new FormatException("episodic_summary is empty.");
        }

        if (episode.Length > MaxEpisodeLength)
        {
            episode = episode[..(char.IsHighSurrogate(episode[MaxEpisodeLength - 1]) ? MaxEpisodeLength - 1 : MaxEpisodeLength)].TrimEnd();
        }

        return new Summary(
            ExtractiveText.Shorten(episode, request.MaxTokens, _tokens, request.Model),
            SummaryFacts.Of(answer, said[0].Sequence, said[^1].Sequence),
            TopicExtraction.Of(TextAnalysis.Of(said)));
    }
}
