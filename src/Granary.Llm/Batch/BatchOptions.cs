namespace Granary.Llm.Batch;

/// <summary>Settings of batches (<c>Granary:Batches</c>).</summary>
public sealed class BatchOptions
{
    /// <summary>Lines of one batch, 1 to 1000000.</summary>
    public int MaxLines { get; set; } = 50_000;

    /// <summary>Batches that this process works on at a time, 1 to 100.</summary>
    public int MaxConcurrentJobs { get; set; } = 4;

    /// <summary>Calls at a time of one batch that is done call by call, 1 to 100.</summary>
    public int MaxConcurrentCalls { get; set; } = 4;

    /// <summary>How often a provider is asked for the state of its batch, 5 seconds to 1 hour. (Maintenance adds up to its own interval.)</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a process that works on a batch is believed alive without a sign, 30 seconds to 10 minutes.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Days that a batch is kept after its end, 1 to 365.</summary>
    public int RetentionDays { get; set; } = 30;

    /// <summary>The share of the usual price that providers take in their batch modes, above 0 up to 1; OpenAI, Anthropic and Gemini: one half.</summary>
    public decimal PriceShare { get; set; } = 0.5m;

    /// <summary>Refuses settings out of their range.</summary>
    /// <exception cref="InvalidOperationException">One is; the message names it and the fix.</exception>
    public void Validate()
    {
        Require(MaxLines is >= 1 and <= 1_000_000, "MaxLines must be 1 to 1000000");
        Require(MaxConcurrentJobs is >= 1 and <= 100, "MaxConcurrentJobs must be 1 to 100");
        Require(MaxConcurrentCalls is >= 1 and <= 100, "MaxConcurrentCalls must be 1 to 100");
        Require(PollInterval >= TimeSpan.FromSeconds(5) && PollInterval <= TimeSpan.FromHours(1), "PollInterval must be 00:00:05 to 01:00:00");
        Require(Lease >= TimeSpan.FromSeconds(30) && Lease <= TimeSpan.FromMinutes(10), "Lease must be 00:00:30 to 00:10:00");
        Require(RetentionDays is >= 1 and <= 365, "RetentionDays must be 1 to 365");
        Require(PriceShare is > 0 and <= 1, "PriceShare must be above 0 and at most 1");
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Granary:Batches:{rule}.");
        }
    }
}
