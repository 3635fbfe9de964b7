using Microsoft.Extensions.Logging;

namespace Granary.Llm.Requests;

/// <summary>All hooks, in their order: usage tracking, where there is one, then the host's own.</summary>
internal sealed partial class InvocationHooks(UsageTracker? tracker, IEnumerable<IInvocationHook> others, ILogger logger)
{
    private readonly IInvocationHook[] hooks = tracker is null ? [.. others] : [tracker, .. others.Where(hook => hook != tracker)];

    /// <summary>Whether any hook looks at more of a prompt than its figures.</summary>
    public bool NeedPrompts { get; } = others.Any(hook => hook is not UsageTracker);

    /// <summary>Shows the hooks a prompt. What one throws stops the call.</summary>
    public async ValueTask BeforeAsync(AssembledRequest request, CancellationToken cancellationToken)
    {
        foreach (var hook in hooks)
        {
            await hook.BeforeInvokeAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Shows the hooks an answer: each of them, also if the caller is gone or another one throws.</summary>
    public async ValueTask AfterAsync(AssembledRequest request, ChatResponse response)
    {
        foreach (var hook in hooks)
        {
            try
            {
                await hook.AfterInvokeAsync(request, response, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                LogHookFailed(logger, exception, hook.GetType().Name, request.Session.Session);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Hook {Hook} failed after an answer in session {Session}")]
    private static partial void LogHookFailed(ILogger logger, Exception exception, string hook, string session);
}
