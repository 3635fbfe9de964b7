using System.Collections.Concurrent;
using Granary.Core.Tokens;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Requests;

/// <summary>
/// Puts prompts together: the session's context, what is recalled and the new messages, within the model's input budget, with one system block.
/// </summary>
/// <remarks>
/// Whether a session is to be compacted is decided after an answer, by the prompt's tokens as the provider counted them, and carried out before the
/// next prompt. A prompt that would not fit is never sent: the session is compacted at once, then long results of tools are cut and the oldest
/// messages are left out, with an extract in their place; the newest messages always stay. Compactions that are due are remembered by
/// this instance only, and per epoch; after a restart the estimate finds them. Safe for all threads.
/// </remarks>
public sealed partial class LlmRequestAssembler
{
    /// <summary>How often a prompt is made smaller because the provider counts more tokens than the estimate.</summary>
    private const int MaxCounts = 3;

    private readonly ITokenCounter counter;
    private readonly InvocationHooks hooks;
    private readonly AssemblyOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<LlmRequestAssembler> logger;
    private readonly PromptRecall recall;
    private readonly Redactors redactors;
    private readonly DueSessions due = new();
    private readonly ConcurrentDictionary<SessionKey, Task<bool>> compactions = new();

    /// <summary>Makes an assembler.</summary>
    /// <param name="counter">Estimates tokens.</param>
    /// <param name="hooks">See every call, in this order.</param>
    /// <param name="options">How prompts are put together.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public LlmRequestAssembler(
        ITokenCounter counter, IEnumerable<IInvocationHook> hooks, AssemblyOptions options, TimeProvider time, ILogger<LlmRequestAssembler> logger)
        : this(counter, new InvocationHooks(null, hooks, logger), options, time, logger)
    {
    }

    internal LlmRequestAssembler(
        ITokenCounter counter, InvocationHooks hooks, AssemblyOptions options, TimeProvider time, ILogger<LlmRequestAssembler> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate("AssemblyOptions").FirstOrDefault() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        (this.counter, this.hooks, this.options, this.time, this.logger) = (counter, hooks, options, time, logger);
        recall = new PromptRecall(options, counter, time, logger);
        redactors = new Redactors(time);
    }

    /// <summary>Puts a prompt together and shows it to the hooks.</summary>
    /// <exception cref="TooLargeException">
    /// The instructions, the tools or the newest messages alone are more than the budget; the field names which, as in <c>messages[3]</c>.
    /// </exception>
    /// <exception cref="ErasedException">The session was erased.</exception>
    /// <exception cref="UnavailableException">The session cannot be read now.</exception>
    public async ValueTask<AssembledRequest> AssembleAsync(AssemblyInput input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        var output = input.Request.MaxTokens is { } asked ? Math.Min(asked, input.Model.OutputTokens) : input.Model.OutputTokens;
        var budget = input.Model.InputBudget(output);
        var key = input.Session.Key;
        var context = await ReadAsync(input.Session, cancellationToken).ConfigureAwait(false);
        var (compacted, tried) = (false, false);
        if (context is not null && due.IsDue(key, context.Epoch))
        {
            tried = true;
            compacted = await CompactAsync(input.Session, cancellationToken).ConfigureAwait(false);
            context = compacted ? await ReadAsync(input.Session, cancellationToken).ConfigureAwait(false) : context;
        }

        var recalled = await recall.RecallAsync(input.Recall, key, input.Request.Messages, budget, input.Request.Model, agent: null, cancellationToken).ConfigureAwait(false);
        var draft = new PromptDraft(input, context, recalled.Texts, counter, redactors);
        if (draft.Tokens > budget && draft.Merged.StoredMessages > 0 && !tried)
        {
            compacted = await CompactAsync(input.Session, cancellationToken).ConfigureAwait(false);
            if (compacted)
            {
                context = await ReadAsync(input.Session, cancellationToken).ConfigureAwait(false);
                draft = new PromptDraft(input, context, recalled.Texts, counter, redactors);
            }
        }

        var (fitted, tokens) = await FitAsync(input, draft, budget, cancellationToken).ConfigureAwait(false);
        var request = input.Request with { Messages = fitted.Messages };
        var assembled = new AssembledRequest
        {
            Session = key,
            Request = request,
            Payload = input.Renderer.RenderRequest(request),
            Tokens = tokens,
            Estimate = Math.Max(1, fitted.Tokens),
            InputBudget = budget,
            CompactionRatio = input.Model.CompactionRatio,
            Epoch = context?.Epoch ?? 1,
            Compacted = compacted,
            LeftOut = fitted.LeftOut with { RecallError = recalled.Error, Recalled = fitted.LeftOut.Recalled + recalled.LeftOut },
            Older = draft.Merged.Older,
            New = draft.Merged.New,
            Supersedes = draft.Merged.Supersedes,
            NewTurn = draft.Merged.NewTurn,
            ETag = context?.ETag,
            Teaches = RequestTokens.Teaches(request),
            HasMemory = draft.Merged.StoredMessages > 0,
        };
        await hooks.BeforeAsync(assembled, cancellationToken).ConfigureAwait(false);
        return assembled;
    }

    /// <summary>
    /// Tells of an answer: shows it to the hooks and decides whether the session is to be compacted before its next prompt. Goes on to its end whether the
    /// caller still waits or not.
    /// </summary>
    public ValueTask AnsweredAsync(AssembledRequest request, ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        if (request.HasMemory && IsDue(response.Usage?.InputTokens ?? request.Tokens, request.InputBudget, request.CompactionRatio))
        {
            due.Add(request.Session, request.Epoch);
        }

        return hooks.AfterAsync(request, response);
    }

    /// <summary>Whether a session is to be compacted after a prompt of so many tokens.</summary>
    internal static bool IsDue(int promptTokens, int budget, double ratio) => budget <= 0 || promptTokens >= budget || promptTokens >= (int)(ratio * budget);

    private static async ValueTask<SessionContext?> ReadAsync(ISessionMemory session, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetContextAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    /// <returns>Whether something was folded. If it takes too long, it goes on and the next prompt has it.</returns>
    private async ValueTask<bool> CompactAsync(ISessionMemory session, CancellationToken cancellationToken)
    {
        var compaction = RunningAsync(session);
        try
        {
            return await compaction.WaitAsync(options.CompactionWait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogCompactionSlow(session.Key.Session, options.CompactionWait);
            return false;
        }
    }

    /// <summary>The session's compaction: the one that runs, so that prompts that wait in vain do not each begin another.</summary>
    private Task<bool> RunningAsync(ISessionMemory session)
    {
        if (compactions.TryGetValue(session.Key, out var running))
        {
            return running;
        }

        var begin = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        running = compactions.GetOrAdd(session.Key, begin.Task);
        if (running == begin.Task)
        {
            _ = RunAsync();
        }

        return running;

        async Task RunAsync()
        {
            var folded = false;
            try
            {
                folded = await FoldAsync(session).ConfigureAwait(false);
            }
            finally
            {
                compactions.TryRemove(session.Key, out _);
                begin.SetResult(folded);
            }
        }
    }

    private async Task<bool> FoldAsync(ISessionMemory session)
    {
        try
        {
            // No token: what was begun for one prompt serves the next.
            var result = await session.CompactAsync(new CompactOptions { Force = true }, CancellationToken.None).ConfigureAwait(false);
            if (result.FoldedMessages > 0)
            {
                due.Remove(session.Key);
                return true;
            }

            if (result.Error is { } error)
            {
                LogNotCompacted(session.Key.Session, error);
            }
        }
        catch (Exception exception)
        {
            // Whatever it is: the prompt can do without.
            LogNotCompacted(session.Key.Session, exception.Message);
        }

        return false;
    }

    /// <summary>Fits the draft into the budget, by the provider's count where that is to be had.</summary>
    private async ValueTask<(FittedPrompt Prompt, int Tokens)> FitAsync(AssemblyInput input, PromptDraft draft, int budget, CancellationToken cancellationToken)
    {
        var (allowed, said) = (budget, 0);
        for (var attempt = 1; ; attempt++)
        {
            FittedPrompt fitted;
            try
            {
                fitted = await PromptFitter.FitAsync(draft, allowed, options, cancellationToken).ConfigureAwait(false);
            }
            catch (TooLargeException error) when (attempt > 1)
            {
                throw Overcounted(input, error.Field, said, budget);
            }

            // Once the provider has counted more than the estimate, a low estimate says nothing.
            if ((attempt == 1 && fitted.Tokens < options.CountFrom * budget) || await CountAsync(input, fitted, cancellationToken).ConfigureAwait(false) is not { } counted)
            {
                return (fitted, fitted.Tokens);
            }

            if (counted <= budget)
            {
                return (fitted, counted);
            }

            if (attempt == MaxCounts)
            {
                throw Overcounted(input, "messages", counted, budget);
            }

            said = counted;
            allowed = (int)Math.Min(allowed * 0.95, (double)fitted.Tokens * budget / counted);
        }
    }

    private static TooLargeException Overcounted(AssemblyInput input, string field, int counted, int budget) =>
        new(field, $"cannot be made small enough: the provider counts {counted} tokens, and a prompt of '{input.Request.Model}' may have {budget}");

    private async ValueTask<int?> CountAsync(AssemblyInput input, FittedPrompt fitted, CancellationToken cancellationToken)
    {
        if (input.CountAtProvider is not { } count)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var counting = count(input.Request with { Messages = fitted.Messages }, limit.Token).AsTask();
            return await counting.WaitAsync(options.CountWait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            LogCountFailed(exception, input.Request.Model);
            return null;
        }
    }
}
