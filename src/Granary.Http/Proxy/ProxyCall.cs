using Granary.Http.Problems;
using Granary.Llm;
using Granary.Llm.Audit;
using Granary.Llm.Requests;
using Granary.Llm.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.Http.Proxy;

/// <summary>A call of the proxy as hooks and audit see it: what becomes of it is noted on the way and told at its end. That neither fails nor holds up the call.</summary>
internal sealed partial class ProxyCall(ProxyObservers observers, string tenant, AuditKind kind)
{
    private readonly DateTimeOffset _startedAt = observers.Time.GetUtcNow();
    private readonly long _started = observers.Time.GetTimestamp();
    private TimeSpan? _firstToken;
    private TimeSpan? _took;
    private AuditOutcome? _outcome;
    private string? _error;
    private ChatResponse? _answer;
    private ChatUsage? _usage;
    private int _toolCalls;
    private long? _firstSequence;
    private long? _lastSequence;
    private DateTimeOffset? _storedAt;

    public string? User { get; set; }

    public string? Session { get; set; }

    public string? Agent { get; set; }

    /// <summary>The model; a call that never named one is not told.</summary>
    public string? Model { get; set; }

    public string? Provider { get; set; }

    public bool Streaming { get; set; }

    /// <summary>The prompt, for the hooks; null for a call that is relayed as it came.</summary>
    public AssembledRequest? Prompt { get; set; }

    /// <summary>An event of the answer went by.</summary>
    public void Saw(in StreamEvent next)
    {
        if (_firstToken is null && next.Kind is StreamEventKind.Content or StreamEventKind.Reasoning or StreamEventKind.ToolCallStart)
        {
            _firstToken = observers.Time.GetElapsedTime(_started);
        }
    }

    /// <summary>The answer is there, as far as it came.</summary>
    public void Took(ChatResponse answer)
    {
        _answer = answer;
        Took(answer.Usage, answer.ToolCalls.Count, answer.Model);
    }

    /// <summary>Relays an answer as it is, and reads on the way what it took.</summary>
    public async Task RelayAsync(HttpContext context, UpstreamAnswer answer)
    {
        if (!answer.Answer.IsSuccess)
        {
            Refused(answer);
        }

        var tap = observers.Audit is null || !answer.Answer.IsSuccess ? null : new AnswerTap(this, answer, kind);
        var whole = false;
        try
        {
            whole = await RawRelay.CopyAsync(context, answer.Answer, tap);
        }
        finally
        {
            if (tap?.End() is var (usage, calls, model))
            {
                Took(usage, calls, model);
            }
        }

        if (!whole)
        {
            Ended(_firstToken is null ? AuditOutcome.Failed : AuditOutcome.Partial, HttpErrorCodes.ProviderFailed);
        }
        else if (tap is { IsCut: true })
        {
            Ended(AuditOutcome.Partial);
        }
    }

    /// <summary>The provider refused the call.</summary>
    public void Refused(UpstreamAnswer answer) => Ended(AuditOutcome.Failed, answer.Answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The turn is durable.</summary>
    public void Stored(AppendResult? stored)
    {
        (_firstSequence, _lastSequence) = (stored?.FirstSequence, stored?.LastSequence);
        _storedAt = stored is null ? null : observers.Time.GetUtcNow();
    }

    /// <summary>Something went wrong.</summary>
    public void Failed(Exception error) => Ended(
        error is OperationCanceledException ? AuditOutcome.Cancelled : AuditOutcome.Failed,
        error switch
        {
            OperationCanceledException => null,
            MemoryException memory => memory.Code,
            Llm.Providers.ProviderException provider => HttpErrorCodes.Of(provider),
            _ => HttpErrorCodes.InternalError,
        });

    /// <summary>How the call ended; the first word counts. Without one it was completed.</summary>
    public void Ended(AuditOutcome outcome, string? error = null)
    {
        if (_outcome is null)
        {
            (_outcome, _error) = (outcome, error);
        }
    }

    /// <summary>Tells of the call. The client has its answer by then.</summary>
    public async ValueTask EndAsync(HttpContext context)
    {
        Record();
        if (Prompt is not { } prompt || _answer is not { } answer)
        {
            return;
        }

        if (observers.Hooks.NeedPrompts && context.Response.HasStarted)
        {
            try
            {
                // Or the client would wait for the hooks to learn that nothing more comes.
                await context.Response.CompleteAsync();
            }
            catch (Exception error)
            {
                LogNotTold(observers.Logger, error);
            }
        }

        await observers.Hooks.AfterAsync(prompt, answer);
    }

    private void Took(ChatUsage? usage, int toolCalls, string? model)
    {
        _took ??= observers.Time.GetElapsedTime(_started);
        (_usage, _toolCalls) = (usage, toolCalls);
        Model = string.IsNullOrEmpty(model) ? Model : model;
    }

    private void Record()
    {
        if (observers.Audit is not { } audit || Model is not { } model)
        {
            return;
        }

        try
        {
            audit.Record(new AuditSession
            {
                Tenant = tenant,
                User = User,
                Session = Session,
                Agent = Agent ?? Ids.DefaultAgent,
                Model = model,
                Provider = Provider,
                Kind = kind,
                Usage = _usage,
                TimeToFirstToken = Streaming ? _firstToken : null,
                ToolCalls = _toolCalls,
                Outcome = _outcome ?? AuditOutcome.Completed,
                ErrorCode = _error,
                Streaming = Streaming,
                StartedAt = _startedAt,
                EndedAt = _startedAt + (_took ?? observers.Time.GetElapsedTime(_started)),
                FirstSequence = _firstSequence,
                LastSequence = _lastSequence,
                StoredAt = _storedAt,
            });
        }
        catch (Exception error)
        {
            LogNotTold(observers.Logger, error);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A call of the proxy could not be told to who watches it")]
    private static partial void LogNotTold(ILogger logger, Exception error);
}
