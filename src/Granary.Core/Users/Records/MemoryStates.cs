namespace Granary.Core.Users.Records;

/// <summary>The state of a record, which passes from active to expiring and expired by itself.</summary>
internal static class MemoryStates
{
    /// <summary>How long before its end a record is expiring.</summary>
    private const long Notice = 7 * TimeSpan.TicksPerDay;

    /// <summary>The state at a time.</summary>
    /// <param name="told">The last state that the history tells.</param>
    /// <param name="expires">When the record's time is over, in UTC ticks; 0 for never.</param>
    /// <param name="now">The time.</param>
    public static MemoryState At(MemoryState told, long expires, DateTimeOffset now)
    {
        if (told is MemoryState.Archived or MemoryState.Deleted || expires == 0)
        {
            return told;
        }

        return expires <= now.UtcTicks ? MemoryState.Expired
            : expires - Notice <= now.UtcTicks ? MemoryState.Expiring
            : MemoryState.Active;
    }

    /// <summary>Whether it is recalled.</summary>
    public static bool IsActive(this MemoryState state) => state is MemoryState.Active or MemoryState.Expiring;
}
