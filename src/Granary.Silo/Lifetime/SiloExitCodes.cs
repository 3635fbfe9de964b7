namespace Granary.Silo.Lifetime;

/// <summary>Exit codes that only a silo has, beside <see cref="Granary.Hosting.ExitCodes"/>.</summary>
internal static class SiloExitCodes
{
    /// <summary>The stop did not come to its end in time: calls were cut off, or the silo did not take its leave of the cluster.</summary>
    public const int StopCutShort = 3;

    /// <summary>The others have declared this silo dead, or Orleans met an error that it cannot go on with. A supervisor should start it again.</summary>
    public const int SiloLost = 4;

    /// <summary>A second signal asked to stop at once; the signal's number is added, as shells do.</summary>
    public const int Signalled = 128;
}
