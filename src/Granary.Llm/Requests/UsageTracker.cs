using System.Collections.Concurrent;
using Granary.Core.Tokens;

namespace Granary.Llm.Requests;

/// <summary>Adds up what providers report, and lets the token counter learn from it.</summary>
/// <param name="counter">The counter that made the estimates.</param>
public sealed class UsageTracker(ITokenCounter counter) : IInvocationHook
{
    /// <summary>Models that are told apart; beyond, calls count under the name <c>other</c>.</summary>
    public const int MaxModels = 1_024;

    private readonly ConcurrentDictionary<string, Totals> totals = new(StringComparer.Ordinal);

    /// <summary>What calls took since the start, by model as it was asked for.</summary>
    public IReadOnlyDictionary<string, ModelUsage> Usage => totals.ToDictionary(item => item.Key, item => item.Value.Read(), StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask AfterInvokeAsync(AssembledRequest request, ChatResponse response, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        var model = request.Request.Model;
        if (!totals.TryGetValue(model, out var total))
        {
            total = totals.GetOrAdd(totals.Count < MaxModels ? model : "other", static _ => new Totals());
        }

        total.Add(response.Usage, request.Tokens);

        if (response.Usage is { InputTokens: > 0 } usage && request is { Teaches: true, Estimate: > 0 })
        {
            counter.Observe(model, request.Estimate, usage.InputTokens);
        }

        return ValueTask.CompletedTask;
    }

    private sealed class Totals
    {
        private readonly Lock gate = new();
        private ModelUsage usage = new(0, 0, 0, 0, 0, 0);

        public ModelUsage Read()
        {
            lock (gate)
            {
                return usage;
            }
        }

        public void Add(ChatUsage? reported, int estimate)
        {
            lock (gate)
            {
                usage = reported is null
                    ? usage with { Calls = usage.Calls + 1, Unreported = usage.Unreported + 1, InputTokens = usage.InputTokens + estimate }
                    : usage with
                    {
                        Calls = usage.Calls + 1,
                        InputTokens = usage.InputTokens + reported.InputTokens,
                        OutputTokens = usage.OutputTokens + reported.OutputTokens,
                        CachedInputTokens = usage.CachedInputTokens + reported.CachedInputTokens,
                        ReasoningTokens = usage.ReasoningTokens + reported.ReasoningTokens,
                    };
            }
        }
    }
}

/// <summary>What the calls of a model took.</summary>
/// <param name="Calls">Calls.</param>
/// <param name="Unreported">Of those, calls whose usage the provider did not report: their prompts are counted by estimate, their answers not at all.</param>
/// <param name="InputTokens">Tokens of prompts.</param>
/// <param name="OutputTokens">Tokens of answers.</param>
/// <param name="CachedInputTokens">Of the prompts, tokens read from the provider's cache.</param>
/// <param name="ReasoningTokens">Of the answers, tokens of reasoning.</param>
public sealed record ModelUsage(long Calls, long Unreported, long InputTokens, long OutputTokens, long CachedInputTokens, long ReasoningTokens);
