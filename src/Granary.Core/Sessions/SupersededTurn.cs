namespace Granary.Core.Sessions;

/// <summary>What supersedes in a stretch of a turn: found by reading it, and kept for the next page. The log does not change, so it stays true.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="First">The first message of the stretch.</param>
/// <param name="End">The last message of the log that was looked at.</param>
/// <param name="Superseded">How many messages of the session were superseded then.</param>
/// <param name="WasNow">Whether the end was the session's at the time of that count.</param>
/// <param name="Ranges">The ranges that are superseded, each from its first message to the one after its last.</param>
internal sealed record SupersededTurn(int Turn, long First, long End, long Superseded, bool WasNow, IReadOnlyList<(long From, long Before)> Ranges)
{
    /// <summary>Whether it tells of a later stretch of the turn, up to the same end; or up to a later one, if nothing was superseded since.</summary>
    public bool Tells(int turn, long first, long end, long superseded, bool isNow) =>
        Turn == turn && First <= first && (End == end || (WasNow && isNow && End <= end && Superseded == superseded));
}
