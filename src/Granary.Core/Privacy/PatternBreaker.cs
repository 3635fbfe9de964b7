namespace Granary.Core.Privacy;

/// <summary>
/// Stops trying a pattern that keeps failing: after 10 failures in a row it is open for 5 seconds, then one caller may try; its success closes it, its
/// failure opens it again. Safe for all threads, without locks.
/// </summary>
internal sealed class PatternBreaker(TimeProvider time)
{
    /// <summary>Failures in a row that open it.</summary>
    public const int FailuresToOpen = 10;

    /// <summary>How long it stays open.</summary>
    public static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(5);

    private int _failures;
    private int _probing;
    private long _lastFailure;

    /// <summary>Whether to try. Each true is followed by one of <see cref="Succeeded"/>, <see cref="Failed"/> and <see cref="Cancelled"/>.</summary>
    public bool TryEnter() =>
        Volatile.Read(ref _failures) < FailuresToOpen
        || (time.GetElapsedTime(Volatile.Read(ref _lastFailure)) >= OpenFor && Interlocked.CompareExchange(ref _probing, 1, 0) == 0);

    /// <summary>The try went well.</summary>
    public void Succeeded()
    {
        if (Volatile.Read(ref _failures) != 0)
            Interlocked.Exchange(ref _failures, 0);
        Cancelled();
    }

    /// <summary>The try failed.</summary>
    public void Failed()
    {
        Volatile.Write(ref _lastFailure, time.GetTimestamp());
        if (Volatile.Read(ref _failures) < FailuresToOpen)
            Interlocked.Increment(ref _failures);
        Cancelled();
    }

    /// <summary>The try ended without saying anything about the pattern.</summary>
    public void Cancelled()
    {
        if (Volatile.Read(ref _probing) != 0)
            Volatile.Write(ref _probing, 0);
    }
}
