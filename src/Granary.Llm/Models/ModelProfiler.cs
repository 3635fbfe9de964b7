using Granary.Core.Reflection;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>Writes patterns and profiles by a model; where that fails, without one, and says so.</summary>
internal sealed class ModelProfiler(
    ModelsOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger<ModelProfiler> logger) : IProfiler
{
    private const int AnswerTokens = 1_000;

    /// <summary>Words beyond which a text is no profile any more: a quarter above what was asked for.</summary>
    private const int MaxWords = 312;

    private readonly DeterministicProfiler _fallback = new();

    private readonly ModelTask<SynthesisAnswer> _task =
        ReflectionTasks.Of(options, models, catalogue, tokens, time, logger, AnswerJson.Default.SynthesisAnswer, "synthesis", SynthesisAnswer.Schema);

    /// <inheritdoc/>
    public async ValueTask<SynthesizedText> FindPatternAsync(IReadOnlyList<MemoryRecord> insights, string? category, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(insights);
        var (found, fallback) = await _task.TryAskAsync(
            ReflectionPrompts.Pattern, ReflectionPrompts.Memories(insights, previous: null, ReflectionTasks.MaxCharacters(options, _task.Info)), AnswerTokens, answer => Read(answer, mayBeEmpty: true), cancellationToken).ConfigureAwait(false);
        return found ?? await _fallback.FindPatternAsync(insights, category, cancellationToken).ConfigureAwait(false) with { Fallback = fallback };
    }

    /// <inheritdoc/>
    public async ValueTask<SynthesizedText> WriteProfileAsync(IReadOnlyList<MemoryRecord> memories, string? previous, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(memories);
        var (found, fallback) = await _task.TryAskAsync(
            ReflectionPrompts.Profile, ReflectionPrompts.Memories(memories, previous, ReflectionTasks.MaxCharacters(options, _task.Info)), AnswerTokens, answer => Read(answer, mayBeEmpty: false), cancellationToken).ConfigureAwait(false);
        return found ?? await _fallback.WriteProfileAsync(memories, previous, cancellationToken).ConfigureAwait(false) with { Fallback = fallback };
    }

    private static SynthesizedText Read(SynthesisAnswer answer, bool mayBeEmpty)
    {
        var text = answer.Text.Trim();
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        return words == 0 && !mayBeEmpty ? throw new FormatException("text is empty.")
            : words > MaxWords ? throw new FormatException($"text has {words} words.")
            : new SynthesizedText(text, Math.Clamp(answer.Confidence is { } given && !double.IsNaN(given) ? given : 0.7, 0, 1), Deterministic: false);
    }
}
