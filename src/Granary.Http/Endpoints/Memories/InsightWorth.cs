namespace Granary.Http.Endpoints.Memories;

/// <summary>How much an insight is worth being told to a model: lately and often used, important, sure.</summary>
internal static class InsightWorth
{
    private const double DaysToFade = 30;

    private static readonly TimeSpan New = TimeSpan.FromDays(7);

    /// <summary>The retention score of memory-service.md, section 8; higher is worth more.</summary>
    public static double Of(MemoryRecord record, DateTimeOffset now)
    {
        var idle = Math.Max(0, (now - (record.LastAccessed ?? record.CreatedAt)).TotalDays);
        var fading = Math.Exp(-idle / (DaysToFade * (1 + Math.Log(1 + record.AccessCount))));
        var fresh = now - record.CreatedAt < New ? 0.3 : 0;
        var importance = record.Importance switch
        {
            MemoryImportance.High => 1.5,
            MemoryImportance.Medium => 1.0,
            _ => 0.7,
        };
        return (fading + fresh) * importance * (0.5 + (0.5 * record.Confidence));
    }
}
