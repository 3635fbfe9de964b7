using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>Asks the model that reflects, with patience and no exceptions: whoever asks does it without a model where this fails.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal sealed partial class ReflectionTask<T>
    where T : class
{
    /// <summary>After so many answers in a row that came too late the model is left alone for as long as one may take.</summary>
    private const int LateInARow = 2;

    private readonly ModelsOptions _options;
    private readonly ModelInfo _info;
    private readonly StructuredExtraction<T> _extraction;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly Lock _gate = new();
    private int _lateInARow;
    private long _pausedSince;

    /// <param name="options">Name the model.</param>
    /// <param name="models">Ask it.</param>
    /// <param name="catalogue">Knows its limits.</param>
    /// <param name="tokens">Learns.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="type">The answer's JSON.</param>
    /// <param name="name">The task's name, in metrics and as the schema's name.</param>
    /// <param name="schema">What the model is held to, where it can be.</param>
    public ReflectionTask(
        ModelsOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger logger, JsonTypeInfo<T> type, string name, JsonElement schema)
    {
        (_options, _time, _logger, _name) = (options, time, logger, name);
        _info = catalogue.Find(options.Reflector!);
        _extraction = new StructuredExtraction<T>(models, catalogue, tokens, type, name, schema);
    }

    /// <summary>Characters of material that fit into the model's context beside instructions and answer.</summary>
    public int MaxCharacters => 2 * Math.Max(1_000, Math.Min(_options.SummarizerInputTokens, _info.ContextTokens / 2));

    /// <summary>Asks.</summary>
    /// <param name="instructions">What to do.</param>
    /// <param name="material">What to do it with.</param>
    /// <param name="maxTokens">Tokens that the answer may have.</param>
    /// <param name="read">Makes a result of the answer; throws <see cref="FormatException"/> where that cannot be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The result, or null and why there is none.</returns>
    public async ValueTask<(TResult? Result, string? Fallback)> TryAskAsync<TResult>(
        string instructions, string material, int maxTokens, Func<T, TResult> read, CancellationToken cancellationToken)
        where TResult : class
    {
        var patience = TimeSpan.FromSeconds(_options.ReflectorTimeoutSeconds);
        if (IsPaused(patience))
        {
            GranaryLlmInstruments.Reflected(_info.Name, _name, "paused");
            return (null, $"The model '{_options.Reflector}' was too slow {LateInARow} times in a row and is left alone for a while.");
        }

        var request = new ChatRequest
        {
            Model = _options.Reflector!,
            Messages = [new ModelMessage { Role = MessageRole.System, Content = instructions }, new ModelMessage { Role = MessageRole.User, Content = material }],
            Temperature = _info.Capabilities.HasFlag(ModelCapabilities.FixedSampling) ? null : 0.2,

            // Where reasoning counts as answer, a limit would cut the answer off.
            MaxTokens = _info.Capabilities.HasFlag(ModelCapabilities.Reasoning) ? null : Math.Min(_info.OutputTokens, maxTokens),
        };
        using var late = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        string outcome, reason;
        Exception failure;
        try
        {
            var result = read(await _extraction.ExtractAsync(request, new CallDeadline(_time, patience), either.Token).ConfigureAwait(false));
            Took(late: false);
            GranaryLlmInstruments.Reflected(_info.Name, _name, "model");
            return (result, null);
        }
        catch (OperationCanceledException error) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            (outcome, reason, failure) = ("timeout", $"The model '{_options.Reflector}' did not answer within {patience.TotalSeconds:0.#} s.", error);
            Took(late: true);
        }
        catch (ProviderException error)
        {
            (outcome, reason, failure) = ("provider", error.Message, error);
            Took(late: error.Status == 504);
        }
        catch (FormatException error)
        {
            (outcome, reason, failure) = ("malformed", $"The answer of the model '{_options.Reflector}' could not be read: {error.Message}", error);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            (outcome, reason, failure) = ("error", error.Message, error);
        }

        GranaryLlmInstruments.Reflected(_info.Name, _name, outcome);
        LogFallback(_logger, failure, _info.Name, _name, outcome);
        return (null, reason);
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

    [LoggerMessage(1, LogLevel.Warning, "The model {Model} did not do the task {Task} ({Outcome}); it is done without a model")]
    private static partial void LogFallback(ILogger logger, Exception exception, string model, string task, string outcome);
}
