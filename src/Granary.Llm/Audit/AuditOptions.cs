namespace Granary.Llm.Audit;

/// <summary>Settings of the audit (<c>Granary:Audit</c>).</summary>
public sealed class AuditOptions
{
    /// <summary>
    /// Whether the list of calls shows the beginning of what the user said, read from the session at that moment: a session that is erased shows
    /// nothing, and the audit itself never holds text.
    /// </summary>
    public bool Content { get; set; }

    /// <summary>Days for which calls and totals are kept, 1 to 3650.</summary>
    public int RetentionDays { get; set; } = 90;

    /// <summary>Records that may wait for the store, 100 to 1000000; more are dropped and counted. A record takes about 500 bytes.</summary>
    public int QueueCapacity { get; set; } = 10_000;

    /// <summary>How long records are gathered before they are written, up to 1 minute: what a crash may lose.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Refuses settings out of their range.</summary>
    /// <exception cref="InvalidOperationException">One is; the message names it and the fix.</exception>
    public void Validate()
    {
        Require(RetentionDays is >= 1 and <= 3_650, "RetentionDays must be 1 to 3650");
        Require(QueueCapacity is >= 100 and <= 1_000_000, "QueueCapacity must be 100 to 1000000");
        Require(FlushInterval > TimeSpan.Zero && FlushInterval <= TimeSpan.FromMinutes(1), "FlushInterval must be above 0 and at most 00:01:00");
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Granary:Audit:{rule}.");
        }
    }
}
