namespace Granary.Providers.Chain;

/// <summary>
/// Keeps calls of one operation away from one provider after it failed several times in a row. When the pause is over, one call is let through: its
/// success opens the way for all, its failure begins the pause anew. Thread-safe.
/// </summary>
/// <param name="failuresToOpen">Failures in a row that begin a pause, 1 or more.</param>
/// <param name="pause">How long the provider is left alone.</param>
/// <param name="time">The clock.</param>
internal sealed class CircuitBreaker(int failuresToOpen, TimeSpan pause, TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _failures;
    private DateTimeOffset? _openUntil;
    private bool _probing;

    /// <summary>Where it is now.</summary>
    public CircuitState State
    {
        get
        {
            lock (_gate)
            {
                return StateNow();
            }
        }
    }

    /// <summary>Failures since the last success.</summary>
    public int Failures
    {
        get
        {
            lock (_gate)
            {
                return _failures;
            }
        }
    }

    /// <summary>When the next call is let through, or null where calls are.</summary>
    public DateTimeOffset? OpenUntil
    {
        get
        {
            lock (_gate)
            {
                return StateNow() == CircuitState.Open ? _openUntil : null;
            }
        }
    }

    /// <summary>Whether a call may be made now. One that may must be followed by one of the reports.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            switch (StateNow())
            {
                case CircuitState.Closed:
                    return true;
                case CircuitState.HalfOpen when !_probing:
                    return _probing = true;
                default:
                    return false;
            }
        }
    }

    /// <summary>The call did what was asked.</summary>
    public void Succeeded()
    {
        lock (_gate)
        {
            _failures = 0;
            _openUntil = null;
            _probing = false;
        }
    }

    /// <summary>The provider answered that the call itself is at fault: it works, but that does not make up for failures.</summary>
    public void Refused()
    {
        lock (_gate)
        {
            if (_openUntil is not null)
            {
                _failures = 0;
                _openUntil = null;
            }

            _probing = false;
        }
    }

    /// <summary>The call failed or took too long.</summary>
    public void Failed()
    {
        lock (_gate)
        {
            _failures++;
            _probing = false;
            if (_failures >= failuresToOpen)
            {
                _openUntil = time.GetUtcNow() + pause;
            }
        }
    }

    /// <summary>The caller gave up: nothing is known.</summary>
    public void Abandoned()
    {
        lock (_gate)
        {
            _probing = false;
        }
    }

    private CircuitState StateNow() =>
        _openUntil is not { } until ? CircuitState.Closed : time.GetUtcNow() < until ? CircuitState.Open : CircuitState.HalfOpen;
}
