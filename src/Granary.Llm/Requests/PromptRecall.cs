using Granary.Core.Tokens;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Requests;

/// <summary>Asks the recall source for a prompt, within bounds of tokens and time. It never fails a prompt.</summary>
internal sealed partial class PromptRecall(AssemblyOptions options, ITokenCounter counter, TimeProvider time, ILogger logger)
{
    /// <summary>Tokens that recalled texts may take of a budget.</summary>
    public int MaxTokens(int budget) => Math.Min(options.RecallTokens, (int)(options.RecallShare * budget));

    /// <summary>Asks.</summary>
    /// <param name="source">The source, or null for none.</param>
    /// <param name="session">The session that asks.</param>
    /// <param name="messages">The request's messages; the last words of the user say what to look for.</param>
    /// <param name="budget">Tokens that the prompt may have.</param>
    /// <param name="model">The model.</param>
    /// <param name="agent">The agent that asks, or null.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async ValueTask<Recollection> RecallAsync(
        IRecallSource? source, SessionKey session, IReadOnlyList<ModelMessage> messages, int budget, string model, string? agent, CancellationToken cancellationToken)
    {
        var most = MaxTokens(budget);
        if (source is null || most < 1 || messages.LastOrDefault(message => message.Role == MessageRole.User && message.Content.Length > 0)?.Content is not { } words)
        {
            return Recollection.None;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // On a thread of its own: a source that works before it first waits must not hold the prompt either.
            var token = limit.Token;
            var search = Task.Run(() => source.RecallAsync(new RecallQuery(session, words, most, agent), token).AsTask(), CancellationToken.None);
            var found = await search.WaitAsync(options.RecallWait, time, cancellationToken).ConfigureAwait(false);
            var tokens = 0;
            var texts = found.Where(text =>
            {
                // One long text must not keep the others out.
                var cost = counter.Count(text.Text, model);
                var fits = tokens + cost <= most;
                tokens += fits ? cost : 0;
                return fits;
            }).ToList();
            return new Recollection(texts, found.Count - texts.Count, null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogRecallFailed(logger, exception, session.Session);
            return new Recollection([], 0, exception is TimeoutException ? "It took too long." : exception.Message);
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The texts that no message of the conversation says already.</summary>
    public static IReadOnlyList<RecalledText> NotSaid(IReadOnlyList<RecalledText> texts, IReadOnlyList<ModelMessage> conversation) =>
        texts.Count == 0 ? texts : [.. texts.Where(text => !conversation.Any(message => MessageMatch.SameText(message.Content, text.Text)))];

    [LoggerMessage(2, LogLevel.Warning, "Recall for session {Session} failed; the prompt goes without")]
    private static partial void LogRecallFailed(ILogger logger, Exception exception, string session);
}

/// <summary>What was recalled for a prompt.</summary>
/// <param name="Texts">The texts.</param>
/// <param name="LeftOut">How many more were found and had no room.</param>
/// <param name="Error">Why nothing was recalled, if recall failed.</param>
internal sealed record Recollection(IReadOnlyList<RecalledText> Texts, int LeftOut, string? Error)
{
    public static Recollection None { get; } = new([], 0, null);
}
