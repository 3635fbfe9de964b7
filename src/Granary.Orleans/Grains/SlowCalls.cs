namespace Granary.Orleans.Grains;

/// <summary>Times of calls that take longer than others.</summary>
internal static class SlowCalls
{
    /// <summary>How long a call may take that may wait for a model or moves much data.</summary>
    public const string Timeout = "00:05:00";

    /// <summary>
    /// How long one call waits for a change: the one who watches asks again. Short, because a waiting call keeps its activation from leaving.
    /// </summary>
    public static readonly TimeSpan LongestWatch = TimeSpan.FromSeconds(10);
}
