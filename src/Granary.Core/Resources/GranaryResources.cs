namespace Granary.Core.Resources;

/// <summary>The resource of sessions that name none.</summary>
public static class GranaryResources
{
    /// <summary>Turns that sessions keep unfolded beyond the last four where nothing is configured.</summary>
    public const int DefaultTurnBuffer = 5;

    /// <summary>
    /// The default resource: folds when there are more than <paramref name="turnBuffer"/> + 4 turns, or more tokens than the trigger ratio of the
    /// default budget, and leaves the last 4 turns. Names no model, redacts nothing, keeps sessions for ever.
    /// </summary>
    /// <param name="turnBuffer">1 or more (K_TURN_BUFFER).</param>
    /// <exception cref="InvalidRequestException"><paramref name="turnBuffer"/> is out of range.</exception>
    public static MemoryResource Default(int turnBuffer = DefaultTurnBuffer)
    {
        var resource = new MemoryResource
        {
            Name = MemoryResource.DefaultName,
            Description = "Of sessions that name no resource.",
            Compaction = new CompactionPolicy { Strategy = CompactionStrategy.TurnBuffer, TurnBuffer = turnBuffer, RetainTurns = 4 },
        };
        ResourceValidator.Validate(resource);
        return resource;
    }
}
