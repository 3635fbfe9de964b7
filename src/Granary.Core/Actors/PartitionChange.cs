using Granary.Core.Storage;

namespace Granary.Core.Actors;

/// <summary>One change of an actor's partition on its way to the store.</summary>
internal abstract class PartitionChange
{
    /// <summary>The documents it writes; none where only the due time changes.</summary>
    public IReadOnlyList<DocumentWrite> Writes { get; protected set; } = [];

    /// <summary>Whether it may pass a tombstone.</summary>
    public bool Recreate { get; init; }

    /// <summary>Bytes that it writes.</summary>
    public int Bytes
    {
        get
        {
            var bytes = 0;
            for (var i = 0; i < Writes.Count; i++)
            {
                bytes += Writes[i].Id.Length + Writes[i].Body.Length;
            }

            return bytes;
        }
    }

    /// <summary>Makes the change part of what reads see. Runs under the actor's gate, once it is durable, in the order of the queue.</summary>
    public abstract void Apply();

    /// <summary>Answers the caller. Runs outside the gate, after <see cref="Apply"/>.</summary>
    public abstract void Complete();

    /// <summary>Tells the caller that it failed. Runs outside the gate.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A change whose caller waits for nothing but its being durable.</summary>
internal sealed class PartitionChange<T> : PartitionChange
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<T> _apply;
    private T _result = default!;

    /// <param name="writes">The documents it writes.</param>
    /// <param name="apply">Makes the change part of what reads see and gives the answer.</param>
    public PartitionChange(IReadOnlyList<DocumentWrite> writes, Func<T> apply)
    {
        Writes = writes;
        _apply = apply;
    }

    /// <summary>Ends when the change is durable and applied.</summary>
    public Task<T> Done => _done.Task;

    public override void Apply() => _result = _apply();

    public override void Complete() => _done.TrySetResult(_result);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}
