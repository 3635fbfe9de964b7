using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

/// <summary>What a <see cref="ModelTask{T}"/> is about.</summary>
/// <param name="Name">Its name, in the log, and as the schema's name.</param>
/// <param name="Model">The model.</param>
/// <param name="Patience">How long an answer may take.</param>
/// <param name="Told">Is told what became of each call: the model and the outcome.</param>
internal sealed record ModelTaskOptions(string Name, string Model, TimeSpan Patience, Action<string, string> Told);

/// <summary>Asks a model, with patience and no exceptions: whoever asks does the task without a model where this fails.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal sealed partial class ModelTask<T>
    where T : class
{
    /// <summary>After so many answers in a row that came too late the model is left alone for as long as one may take: what is long is asked in many parts.</summary>
    private const int LateInARow = 2;

    private readonly ModelTaskOptions _options;
    private readonly StructuredExtraction<T> _extraction;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private int _lateInARow;
    private long _pausedSince;

    /// <param name="options">What the task is about.</param>
    /// <param name="models">Ask the model.</param>
    /// <param name="catalogue">Knows its limits.</param>
    /// <param name="tokens">Learns.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="type">The answer's JSON.</param>
    /// <param name="schema">What the model is held to, where it can be.</param>
    public ModelTask(
        ModelTaskOptions options, IChatModels models, IModelCatalogue catalogue, ITokenCounter tokens, TimeProvider time, ILogger logger, JsonTypeInfo<T> type, JsonElement schema)
    {
        (_options, _time, _logger) = (options, time, logger);
        Info = catalogue.Find(options.Model);
        _extraction = new StructuredExtraction<T>(models, catalogue, tokens, type, options.Name, schema);
    }

    /// <summary>The model.</summary>
    public ModelInfo Info { get; }

    /// <summary>Asks.</summary>
    /// <param name="instructions">What to do.</param>
    /// <param name="material">What to do it with.</param>
    /// <param name="maxTokens">Tokens that the answer may have.</param>
    /// <param name="read">Makes a result of the answer; throws <see cref="FormatException"/> where that cannot be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The result, or null and why there is none.</returns>
    public ValueTask<(TResult? Result, string? Fallback)> TryAskAsync<TResult>(
        string instructions, string material, int maxTokens, Func<T, TResult> read, CancellationToken cancellationToken)
        where TResult : class => TryAskAsync(
            [new ModelMessage { Role = MessageRole.System, Content = instructions }, new ModelMessage { Role = MessageRole.User, Content = material }],
            maxTokens,
            read,
            cancellationToken);

    /// <summary>Asks.</summary>
    /// <param name="messages">What to do with what.</param>
    /// <param name="maxTokens">Tokens that the answer may have.</param>
    /// <param name="read">Makes a result of the answer; throws <see cref="FormatException"/> where that cannot be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The result, or null and why there is none.</returns>
    public async ValueTask<(TResult? Result, string? Fallback)> TryAskAsync<TResult>(
        IReadOnlyList<ModelMessage> messages, int maxTokens, Func<T, TResult> read, CancellationToken cancellationToken)
        where TResult : class
    {
        var (model, patience) = (_options.Model, _options.Patience);
        if (IsPaused(patience))
        {
            _options.Told(Info.Name, "paused");
            return (null, $"The model '{model}' was too slow {LateInARow} times in a row and is left alone for a while.");
        }

        var request = new ChatRequest
        {
            Model = model,
            Messages = messages,
            Temperature = Info.Capabilities.HasFlag(ModelCapabilities.FixedSampling) ? null : 0.2,

            // Where reasoning counts as answer, a limit would cut the answer off.
            MaxTokens = Info.Capabilities.HasFlag(ModelCapabilities.Reasoning) ? null : Math.Min(Info.OutputTokens, maxTokens),
        };
        using var late = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        string outcome, reason;
        Exception failure;
        try
        {
            var result = read(await _extraction.ExtractAsync(request, new CallDeadline(_time, patience), either.Token).ConfigureAwait(false));
            Took(late: false);
            _options.Told(Info.Name, "model");
            return (result, null);
        }
        catch (OperationCanceledException error) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            (outcome, reason, failure) = ("timeout", $"The model '{model}' did not answer within {patience.TotalSeconds:0.#} s.", error);
            Took(late: true);
        }
        catch (ProviderException error)
        {
            (outcome, reason, failure) = ("provider", error.Message, error);
            Took(late: error.Status == 504);
        }
        catch (FormatException error)
        {
            (outcome, reason, failure) = ("malformed", $"The answer of the model '{model}' could not be read: {error.Message}", error);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            (outcome, reason, failure) = ("error", error.Message, error);
        }

        _options.Told(Info.Name, outcome);
        LogFallback(_logger, failure, Info.Name, _options.Name, outcome);
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
