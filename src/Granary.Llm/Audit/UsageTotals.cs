namespace Granary.Llm.Audit;

/// <summary>Sums over calls.</summary>
public sealed record UsageTotals
{
    /// <summary>Calls.</summary>
    public long Calls { get; init; }

    /// <summary>Calls without a whole answer: failed, broken off, hung up.</summary>
    public long IncompleteCalls { get; init; }

    /// <summary>Tokens of prompts, those from caches included.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens of answers, reasoning included.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Of the prompts, tokens read from providers' caches.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Of the answers, tokens of reasoning.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>Tools that models called.</summary>
    public long ToolCalls { get; init; }

    /// <summary>US dollars of the calls whose cost is known.</summary>
    public decimal Cost { get; init; }

    /// <summary>Calls that took tokens, or must have, and whose cost is not known: what the cost lacks.</summary>
    public long UnpricedCalls { get; init; }

    /// <summary>Milliseconds that the calls took together.</summary>
    public double LatencyMs { get; init; }

    internal UsageTotals Add(AuditCall call) => new()
    {
        Calls = Calls + 1,
        IncompleteCalls = IncompleteCalls + (call.Outcome == AuditOutcome.Completed ? 0 : 1),
        InputTokens = InputTokens + (call.InputTokens ?? 0),
        OutputTokens = OutputTokens + (call.OutputTokens ?? 0),
        CachedInputTokens = CachedInputTokens + call.CachedInputTokens,
        ReasoningTokens = ReasoningTokens + call.ReasoningTokens,
        ToolCalls = ToolCalls + call.ToolCalls,
        Cost = Cost + (call.Cost ?? 0m),
        UnpricedCalls = UnpricedCalls + (call.Cost is null && (call.InputTokens is not null || call.Outcome is AuditOutcome.Completed or AuditOutcome.Partial) ? 1 : 0),
        LatencyMs = Math.Round(LatencyMs + call.LatencyMs, 3),
    };

    internal UsageTotals Add(UsageTotals other) => new()
    {
        Calls = Calls + other.Calls,
        IncompleteCalls = IncompleteCalls + other.IncompleteCalls,
        InputTokens = InputTokens + other.InputTokens,
        OutputTokens = OutputTokens + other.OutputTokens,
        CachedInputTokens = CachedInputTokens + other.CachedInputTokens,
        ReasoningTokens = ReasoningTokens + other.ReasoningTokens,
        ToolCalls = ToolCalls + other.ToolCalls,
        Cost = Cost + other.Cost,
        UnpricedCalls = UnpricedCalls + other.UnpricedCalls,
        LatencyMs = Math.Round(LatencyMs + other.LatencyMs, 3),
    };
}
