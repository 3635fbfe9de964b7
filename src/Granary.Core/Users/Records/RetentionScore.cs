namespace Granary.Core.Users.Records;

/// <summary>How much a record is worth keeping: what was used lately and often, is new, matters and is sure. (The formula of the reference's insights.)</summary>
public static class RetentionScore
{
    private const double FadeDays = 30;
    private const double NewDays = 7;
    private const double NewBonus = 0.3;

    /// <summary>The score of a record at a time; higher is worth more.</summary>
    public static double Of(MemoryRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Of(record.Importance, record.Confidence, record.AccessCount, now - (record.LastAccessed ?? record.CreatedAt), now - record.CreatedAt);
    }

    /// <summary>The score of a record by what it depends on.</summary>
    /// <param name="importance">How much it matters.</param>
    /// <param name="confidence">0 to 1.</param>
    /// <param name="accesses">How often it was used.</param>
    /// <param name="sinceAccess">Since it was last used, or else stored.</param>
    /// <param name="age">Since it was stored.</param>
    public static double Of(MemoryImportance importance, double confidence, int accesses, TimeSpan sinceAccess, TimeSpan age)
    {
        var days = Math.Max(0, sinceAccess.TotalDays);
        var fresh = Math.Exp(-days / (FadeDays * (1 + Math.Log(1 + accesses))));
        var weight = importance switch
        {
            MemoryImportance.High => 1.5,
            MemoryImportance.Low => 0.7,
            _ => 1.0,
        };
        return (fresh + (age.TotalDays < NewDays ? NewBonus : 0)) * weight * (0.5 + (0.5 * confidence));
    }
}
