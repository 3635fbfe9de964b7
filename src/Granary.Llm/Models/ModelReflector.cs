using Granary.Core.Reflection;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>Reflects by a model; where that fails, without one, and says so.</summary>
internal sealed class ModelReflector(
    ModelsOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger<ModelReflector> logger) : IReflector
{
    private const int MaxInsights = 5;

    private const int AnswerTokens = 3_000;

    private const int MaxSummaryLength = 2_000;

    private readonly DeterministicReflector _fallback = new(tokens);

    private readonly ModelTask<ReflectionAnswer> _task =
        ReflectionTasks.Of(options, models, catalogue, tokens, time, logger, AnswerJson.Default.ReflectionAnswer, "reflection", ReflectionAnswer.Schema);

    /// <inheritdoc/>
    public async ValueTask<SessionReflection> ReflectAsync(ReflectionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (found, fallback) = await _task.TryAskAsync(
            ReflectionPrompts.Reflect(request), ReflectionPrompts.Stretch(request, ReflectionTasks.MaxCharacters(options, _task.Info)), AnswerTokens, answer => Read(request, answer), cancellationToken).ConfigureAwait(false);
        return found ?? await _fallback.ReflectAsync(request, cancellationToken).ConfigureAwait(false) with { Fallback = fallback };
    }

    private static SessionReflection Read(ReflectionRequest request, ReflectionAnswer answer)
    {
        var summary = answer.SessionSummary.Trim();
        if (summary.Length == 0)
        {
            throw new FormatException("session_summary is empty.");
        }

        var insights = answer.Insights.Select(insight => StatementOf(request, insight, MemoryKind.Insight)).OfType<LearnedStatement>().ToList();
        var facts = answer.Facts.Select(fact => StatementOf(request, fact, MemoryKind.Fact)).OfType<LearnedStatement>().ToList();
        var learned = insights.Take(MaxInsights).Concat(facts).Take(request.MaxLearned).ToList();
        return new SessionReflection(
            summary.Length <= MaxSummaryLength ? summary : summary[..(char.IsHighSurrogate(summary[MaxSummaryLength - 1]) ? MaxSummaryLength - 1 : MaxSummaryLength)],
            [.. answer.KeyTopics.Where(topic => !string.IsNullOrWhiteSpace(topic)).Select(topic => topic!.Trim()).Distinct(StringComparer.OrdinalIgnoreCase).Take(5)],
            learned,
            [.. answer.Cited.Distinct().Where(alias => alias >= 0 && alias < request.Known.Count).Select(alias => request.Known[alias].Id)],
            Deterministic: false,
            LeftOut: insights.Count + facts.Count - learned.Count);
    }

    /// <returns>Null for one that cannot be kept: without words, of no category, or about the user from somebody else's mouth.</returns>
    private static LearnedStatement? StatementOf(ReflectionRequest request, StatementAnswer? answer, MemoryKind kind)
    {
        if (answer is null || string.IsNullOrWhiteSpace(answer.Text))
        {
            return null;
        }

        var category = kind == MemoryKind.Insight ? request.Categories.FirstOrDefault(known => string.Equals(known, answer.Category?.Trim(), StringComparison.OrdinalIgnoreCase)) : null;
        var message = request.Messages.FirstOrDefault(said => said.Sequence == answer.Message);
        if (kind == MemoryKind.Insight && (category is null || message is { Role: not MessageRole.User }))
        {
            return null;
        }

        var importance = answer.Importance?.Trim().ToLowerInvariant() switch
        {
            "high" => MemoryImportance.High,
            "low" => MemoryImportance.Low,
            _ => MemoryImportance.Medium,
        };
        return new LearnedStatement(
            kind, answer.Text.Trim(), category, Math.Clamp(answer.Confidence is { } given && !double.IsNaN(given) ? given : 0.7, 0, 1), importance, message?.Sequence, message?.Timestamp);
    }
}
