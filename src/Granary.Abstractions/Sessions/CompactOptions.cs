namespace Granary;

/// <summary>How to compact a session now.</summary>
public sealed record CompactOptions
{
    /// <summary>Compact even if the policy's trigger is not reached.</summary>
    public bool Force { get; init; }

    /// <summary>Only tell what would happen.</summary>
    public bool DryRun { get; init; }

    /// <summary>Use this strategy instead of the resource's.</summary>
    public CompactionStrategy? Strategy { get; init; }

    /// <summary>Use this share of the limit as the trigger, above 0 up to 1, instead of the resource's.</summary>
    public double? Threshold { get; init; }
}
