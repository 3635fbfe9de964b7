using Granary.Core.Compaction;
using Granary.Core.Compaction.Extraction;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>Summarizes by a model; where that fails, by extraction, and says so.</summary>
internal sealed partial class ModelSummarizer : ISummarizer
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

    /// <summary>After so many summaries in a row that came too late the model is left alone for as long as one may take: long windows are many summaries.</summary>
    private const int LateInARow = 2;

    private readonly ModelsOptions _options;
    private readonly ModelInfo _info;
    private readonly StructuredExtraction<SummaryAnswer> _extraction;
    private readonly ITokenCounter _tokens;
    private readonly ExtractiveSummarizer _fallback;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private int _lateInARow;
    private long _pausedSince;

    /// <param name="options">Name the model.</param>
    /// <param name="models">Ask it.</param>
    /// <param name="catalogue">Knows its limits.</param>
    /// <param name="tokens">Counts, and learns.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public ModelSummarizer(
        ModelsOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger<ModelSummarizer> logger)
    {
        (_options, _tokens, _time, _logger) = (options, tokens, time, logger);
        _info = catalogue.Find(options.Summarizer!);
        _extraction = new StructuredExtraction<SummaryAnswer>(models, catalogue, tokens, AnswerJson.Default.SummaryAnswer, "summary", SummaryAnswer.Schema);
        _fallback = new ExtractiveSummarizer(tokens);
        var room = (_info.ContextTokens - PromptTokens - FactTokens) * UsedShare;
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

        var patience = TimeSpan.FromSeconds(_options.SummarizerTimeoutSeconds);
        if (IsPaused(patience))
        {
            GranaryLlmInstruments.Summarized(_info.Name, "paused");
            return await _fallback.SummarizeAsync(request, cancellationToken).ConfigureAwait(false)
                with { Fallback = $"The model '{_options.Summarizer}' was too slow {LateInARow} times in a row and is left alone for a while." };
        }

        using var late = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        string outcome, reason;
        Exception failure;
        try
        {
            var answer = await _extraction.ExtractAsync(Ask(request, said), new CallDeadline(_time, patience), either.Token).ConfigureAwait(false);
            var summary = Read(request, said, answer);
            Took(late: false);
            GranaryLlmInstruments.Summarized(_info.Name, "model");
            return summary;
        }
        catch (OperationCanceledException error) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            (outcome, reason, failure) = ("timeout", $"The model '{_options.Summarizer}' made no summary within {patience.TotalSeconds:0.#} s.", error);
            Took(late: true);
        }
        catch (ProviderException error)
        {
            (outcome, reason, failure) = ("provider", error.Message, error);
            Took(late: error.Status == 504);
        }
        catch (FormatException error)
        {
            (outcome, reason, failure) = ("malformed", $"The summary of the model '{_options.Summarizer}' could not be read: {error.Message}", error);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            (outcome, reason, failure) = ("error", error.Message, error);
        }

        GranaryLlmInstruments.Summarized(_info.Name, outcome);
        LogFallback(_logger, failure, _info.Name, outcome);
        return await _fallback.SummarizeAsync(request, cancellationToken).ConfigureAwait(false) with { Fallback = reason };
    }

    private bool IsPaused(TimeSpan pause)
    {
        lock (_gate)
        {
            return _lateInARow >= LateInARow && _time.GetElapsedTime(_pausedSince) < pause;
        }
    }

    private void Took(bool late)
    {
        lock (_gate)
        {
            _lateInARow = late ? _lateInARow + 1 : 0;
            _pausedSince = _time.GetTimestamp();
        }
    }

    private ChatRequest Ask(SummaryRequest request, List<Utterance> said) => new()
    {
        Model = _options.Summarizer!,
        Messages = SummaryPrompt.Of(request, said),
        Temperature = _info.Capabilities.HasFlag(ModelCapabilities.FixedSampling) ? null : 0.2,

        // Where reasoning counts as answer, a limit would cut the answer off.
        MaxTokens = _info.Capabilities.HasFlag(ModelCapabilities.Reasoning) ? null : Math.Min(_info.OutputTokens, request.MaxTokens + FactTokens),
    };

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
