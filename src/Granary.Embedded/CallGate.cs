namespace Granary.Embedded;

/// <summary>Counts the calls under way; once closed it lets none in, and tells when the last has left.</summary>
internal sealed class CallGate
{
    private const long Closed = 1L << 62;

    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _calls;

    /// <exception cref="UnavailableException">The gate is closed.</exception>
    public void Enter()
    {
        if (Interlocked.Increment(ref _calls) > Closed)
        {
            Exit();
            throw Stopping();
        }
    }

    /// <summary>What callers are told once the gate is closed.</summary>
    public static UnavailableException Stopping() => new(ErrorCodes.Stopping, "The service is stopping.", TimeSpan.FromSeconds(1));

    /// <summary>Counts one more step of a call that is inside: it passes a gate that was closed since.</summary>
    public void EnterAgain() => Interlocked.Increment(ref _calls);

    public void Exit()
    {
        if (Interlocked.Decrement(ref _calls) == Closed)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>Closes the gate; ends when the last call has left, or after <paramref name="timeout"/>.</summary>
    public async Task CloseAsync(TimeSpan timeout, TimeProvider time)
    {
        if (Interlocked.Or(ref _calls, Closed) is 0 or Closed)
        {
            return;
        }

        try
        {
            await _empty.Task.WaitAsync(timeout, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }
}
