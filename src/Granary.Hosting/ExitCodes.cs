namespace Granary.Hosting;

/// <summary>What the exit code of an executable says.</summary>
internal static class ExitCodes
{
    /// <summary>It ended as it was told to, with nothing left undone.</summary>
    public const int Ok = 0;

    /// <summary>The start failed for a reason outside the settings.</summary>
    public const int StartFailed = 1;

    /// <summary>A setting, or a word on the command line, is wrong.</summary>
    public const int WrongSetting = 2;
}
