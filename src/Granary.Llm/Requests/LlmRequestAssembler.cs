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
/// this instance only; after a restart the estimate finds them. Safe for all threads.
/// </remarks>
/// <param name="counter">Estimates tokens.</param>
/// <param name="hooks">See every call, in this order.</param>
/// <param name="options">How prompts are put together.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class LlmRequestAssembler(
    ITokenCounter counter, IEnumerable<IInvocationHook> hooks, AssemblyOptions options, TimeProvider time, ILogger<LlmRequestAssembler> logger)
{
    /// <summary>Sessions that are remembered as due; of more, the estimate has to find out.</summary>
    private const int MaxDue = 16_384;

    /// <summary>How often a prompt is made smaller because the provider counts more tokens than the estimate.</summary>
    private const int MaxCounts = 3;

    private readonly IInvocationHook[] hooks = [.. hooks];
    private readonly ConcurrentDictionary<SessionKey, byte> due = new();

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
        var compacted = false;
        if (context is not null && due.ContainsKey(key))
        {
            compacted = await CompactAsync(input.Session, cancellationToken).ConfigureAwait(false);
            context = compacted ? await ReadAsync(input.Session, cancellationToken).ConfigureAwait(false) : context;
        }

        var (recalled, recallError) = await RecallAsync(input, budget, cancellationToken).ConfigureAwait(false);
        var draft = new PromptDraft(input, context, recalled, counter);
        if (draft.Tokens > budget && draft.Merged.StoredMessages > 0 && !compacted)
        {
            compacted = await CompactAsync(input.Session, cancellationToken).ConfigureAwait(false);
            if (compacted)
            {
                context = await ReadAsync(input.Session, cancellationToken).ConfigureAwait(false);
                draft = new PromptDraft(input, context, recalled, counter);
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
            LeftOut = fitted.LeftOut with { RecallError = recallError },
            Older = draft.Merged.Older,
            New = draft.Merged.New,
            Supersedes = draft.Merged.Supersedes,
            HasMemory = draft.Merged.StoredMessages > 0,
        };
        foreach (var hook in hooks)
        {
            await hook.BeforeInvokeAsync(assembled, cancellationToken).ConfigureAwait(false);
        }

        return assembled;
    }

    /// <summary>Tells of an answer: shows it to the hooks and decides whether the session is to be compacted before its next prompt.</summary>
    public async ValueTask AnsweredAsync(AssembledRequest request, ChatResponse response, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        if (request.HasMemory && IsDue(response.Usage?.InputTokens ?? request.Tokens, request.InputBudget, request.CompactionRatio) && due.Count < MaxDue)
        {
            due.TryAdd(request.Session, 0);
        }

        foreach (var hook in hooks)
        {
            try
            {
                await hook.AfterInvokeAsync(request, response, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogHookFailed(exception, hook.GetType().Name, request.Session.Session);
            }
        }
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
        var compaction = FoldAsync(session);
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

    private async Task<bool> FoldAsync(ISessionMemory session)
    {
        try
        {
            // No token: what was begun for one prompt serves the next.
            var result = await session.CompactAsync(new CompactOptions { Force = true }, CancellationToken.None).ConfigureAwait(false);
            if (result.FoldedMessages > 0)
            {
                due.TryRemove(session.Key, out _);
                return true;
            }

            if (result.Error is { } error)
            {
                LogNotCompacted(session.Key.Session, error);
            }
        }
        catch (MemoryException exception)
        {
            LogNotCompacted(session.Key.Session, exception.Message);
        }

        return false;
    }

    private async ValueTask<(IReadOnlyList<RecalledText> Texts, string? Error)> RecallAsync(AssemblyInput input, int budget, CancellationToken cancellationToken)
    {
        var words = input.Request.Messages.LastOrDefault(message => message.Role == MessageRole.User && message.Content.Length > 0)?.Content;
        var most = Math.Min(options.RecallTokens, (int)(options.RecallShare * budget));
        if (input.Recall is null || words is null || most < 1)
        {
            return ([], null);
        }

        try
        {
            var found = await input.Recall.RecallAsync(new RecallQuery(input.Session.Key, words, most), cancellationToken).ConfigureAwait(false);
            var tokens = 0;
            return ([.. found.TakeWhile(text => (tokens += counter.Count(text.Text, input.Request.Model)) <= most)], null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogRecallFailed(exception, input.Session.Key.Session);
            return ([], exception.Message);
        }
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
