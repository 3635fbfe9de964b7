using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Granary.Faults.Cluster;

/// <summary>
/// What a caller of a cluster does: it asks the silos in turn, and where one does not answer, or says that it cannot now, it asks the next with
/// the same request and the same key, until its patience ends. With one silo it asks that one again.
/// </summary>
internal sealed class FailoverConnection(
    IReadOnlyList<SiloLink> silos, CallJournal? journal = null, CancellationToken cancellationToken = default) : IConnection
{
    /// <summary>How long a call may take with all its attempts; none begins later.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(400);

    private uint _turn;

    public Task<Answer> SendAsync(Append append) => CallAsync(append.Session.Number, isAppend: true, silo => silo.SendAsync(append));

    public Task<Answer> PostAsync(string path, Session session, JsonObject body) =>
        CallAsync(session.Number, isAppend: false, silo => silo.PostAsync(path, session, body));

    public Task<Answer> DeleteAsync(Session session) => CallAsync(session.Number, isAppend: false, silo => silo.DeleteAsync(session));

    public Task<Answer> GetAsync(string path, string user) => CallAsync(session: 0, isAppend: false, silo => silo.GetAsync(path, user));

    /// <summary>Whether the same request may fare better elsewhere or later.</summary>
    private static bool IsPassing(Answer answer) => answer.IsLost || answer.Status is 408 or 429 or 502 or 503 or 504;

    private async Task<Answer> CallAsync(int session, bool isAppend, Func<Connection, Task<Answer>> send)
    {
        var began = Stopwatch.GetTimestamp();
        SiloLink? silo = null;
        for (var attempts = 1; ; attempts++)
        {
            silo = Next(silo);
            var sent = Stopwatch.GetTimestamp();
            var answer = await send(silo.Connection);
            silo.Note(sent, answer);
            var passes = IsPassing(answer);
            journal?.Add(new Attempt(session, silo.Number, sent, answer.At, passes), answer);
            if (!passes || Stopwatch.GetElapsedTime(began) >= Patience)
            {
                journal?.Add(new Call(isAppend, began, answer.At, attempts, !passes));
                return passes ? new Answer(0, default, false, answer.At, $"{attempts} attempts, the last one: {answer}") : answer;
            }

            await Task.Delay(Pause(attempts), cancellationToken);
        }
    }

    /// <summary>No pause before another silo; then longer and longer ones.</summary>
    private TimeSpan Pause(int attempts)
    {
        var rounds = attempts / silos.Count;
        return attempts % silos.Count != 0 ? TimeSpan.Zero
            : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(rounds - 1, 10)));
    }

    private SiloLink Next(SiloLink? last)
    {
        var turn = Interlocked.Increment(ref _turn);
        SiloLink? other = null;
        for (var i = 0u; i < silos.Count; i++)
        {
            var silo = silos[(int)((turn + i) % (uint)silos.Count)];
            if (silo == last)
            {
                continue;
            }

            if (silo.MayTry())
            {
                return silo;
            }

            other ??= silo;
        }

        return other ?? last!;
    }
}
