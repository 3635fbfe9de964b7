namespace Granary.Orleans.Activations;

/// <summary>An activation as the tracker sees it.</summary>
internal interface ITrackedActivation
{
    /// <summary>When it was last entered or left, in ticks of the silo's clock.</summary>
    long LastUse { get; }

    /// <summary>Calls that found it in memory.</summary>
    long Hits { get; }

    /// <summary>Whether a call or work of its own is under way.</summary>
    bool IsAtWork { get; }

    /// <summary>Keeps the activation in memory for a while though nobody calls it.</summary>
    void Stay(TimeSpan time);

    /// <summary>Gives back memory that can be made again.</summary>
    void Trim();

    /// <summary>Asks the activation to leave memory; calls that come meanwhile go to the next one.</summary>
    void Leave(string reason);
}
