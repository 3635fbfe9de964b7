using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Granary.Faults.Cluster;

/// <summary>One request to one silo. Times are ticks of the stopwatch.</summary>
/// <param name="Session">The number of the session.</param>
/// <param name="Silo">The number of the silo.</param>
/// <param name="Sent">When it was sent.</param>
/// <param name="Ended">When the answer came, or the caller knew that there is none.</param>
/// <param name="IsPassing">Whether it failed in a way that may pass: another attempt follows.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Attempt(int Session, int Silo, long Sent, long Ended, bool IsPassing);

/// <summary>What a caller wanted, with all its attempts. Times are ticks of the stopwatch.</summary>
/// <param name="IsAppend">Whether it stores messages.</param>
/// <param name="Sent">When the first attempt was sent.</param>
/// <param name="Ended">When the last one ended.</param>
/// <param name="Attempts">How many there were.</param>
/// <param name="IsAnswered">Whether there was an answer in the end.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Call(bool IsAppend, long Sent, long Ended, int Attempts, bool IsAnswered);

/// <summary>Everything that callers went through, for the figures.</summary>
internal sealed class CallJournal
{
    private readonly ConcurrentQueue<Attempt> _attempts = new();
    private readonly ConcurrentQueue<Call> _calls = new();
    private readonly ConcurrentDictionary<string, int> _outcomes = new();

    public IReadOnlyCollection<Attempt> Attempts => _attempts;

    public IReadOnlyCollection<Call> Calls => _calls;

    /// <summary>How often there was each status, code or kind of silence.</summary>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    public void Add(Attempt attempt, Answer answer)
    {
        _attempts.Enqueue(attempt);
        _outcomes.AddOrUpdate(Name(answer), 1, (_, count) => count + 1);
    }

    public void Add(Call call) => _calls.Enqueue(call);

    private static string Name(Answer answer) => answer switch
    {
        { TimedOut: true } => "timed out",
        { IsLost: true } => "connection lost",
        { IsSuccess: true } => $"{answer.Status}",
        { Body.ValueKind: System.Text.Json.JsonValueKind.Object } when answer.Body.TryGetProperty("code", out var code) => $"{answer.Status} {code.GetString()}",
        _ => $"{answer.Status}",
    };
}
