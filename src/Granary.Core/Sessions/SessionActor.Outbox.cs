using Granary.Core.Actors;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Users;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>How soon maintenance looks after a session whose notices wait.</summary>
    private static readonly TimeSpan OutboxDue = TimeSpan.FromMinutes(1);

    // Durable notices that the user has not acknowledged, in order.
    private readonly Queue<(long Number, SessionNotice Notice)> _outbox = new(0);

    // The notices above and those on their way to the store.
    private int _nextOutbox;
    private bool _delivering;

    // Whether a notice of this session made its user's memory be put together anew.
    private volatile bool _synthesisTriggered;
    private Task _delivery = Task.CompletedTask;

    /// <summary>Delivers what waits, one notice after the other, and returns when all of it is delivered.</summary>
    /// <exception cref="UnavailableException">The user cannot take it now.</exception>
    private async Task DeliverAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task running;
            TaskCompletionSource? mine = null;
            lock (Gate)
            {
                EnsureNotLost();
                if (_outbox.Count == 0)
                {
                    return;
                }

                running = _delivery;
                if (!_delivering)
                {
                    _delivering = true;
                    mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    _delivery = mine.Task;
                }
            }

            if (mine is null)
            {
                await running.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            Interlocked.Increment(ref _background);
            try
            {
                await DeliverNextAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                lock (Gate)
                {
                    _delivering = false;
                }

                Interlocked.Decrement(ref _background);
                mine.SetResult();
            }
        }
    }

    private async Task DeliverNextAsync(CancellationToken cancellationToken)
    {
        SessionDelivery next;
        lock (Gate)
        {
            EnsureNotLost();
            if (!_outbox.TryPeek(out var entry))
            {
                return;
            }

            next = new SessionDelivery(Key.Session, _head!.Incarnation, entry.Number, entry.Notice);
        }

        try
        {
            _synthesisTriggered |= await _services.Users.DeliverAsync(Key.Owner, next, cancellationToken).ConfigureAwait(false);
        }
        catch (ErasedException)
        {
            // The user was erased since this session was made, and the one who erased did not know of it.
            await ErasePartitionAsync().ConfigureAwait(false);
            lock (Gate)
            {
                Abandon();
            }

            OnLost();
            throw Erased();
        }

        var change = new PartitionChange<bool>(
            [DocumentWrite.Delete(SessionDocumentIds.Outbox(next.Number))],
            () =>
            {
                _outbox.Dequeue();
                return true;
            });
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            _nextOutbox--;
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        await change.Done.ConfigureAwait(false);
    }

    private async Task DeliverUnattendedAsync()
    {
        try
        {
            await DeliverAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ErasedException)
        {
            // It went with its user.
        }
        catch (ActivationLostException)
        {
            // The next activation finds the notices in the store.
        }
        catch (Exception exception)
        {
            // The partition stays due: maintenance tries again.
            LogDeliveryFailed(_services.Logger, exception, Key.Session);
        }
    }
}
