namespace Granary.Core.Reflection;

/// <summary>Decides what new statements mean for what is known. Runs outside every actor; may take its time.</summary>
public interface IReconciler
{
    /// <summary>Reconciles.</summary>
    /// <exception cref="Exception">Any: everything is added.</exception>
    ValueTask<Reconciliation> ReconcileAsync(IReadOnlyList<ReconcileCandidate> candidates, CancellationToken cancellationToken = default);
}

/// <summary>A new statement and what is known that is nearest to it.</summary>
/// <param name="Statement">The statement.</param>
/// <param name="Nearest">At most <see cref="MaxNearest"/> active memories, the nearest first.</param>
public sealed record ReconcileCandidate(LearnedStatement Statement, IReadOnlyList<MemoryRecord> Nearest)
{
    /// <summary>Memories that a statement is compared with.</summary>
    public const int MaxNearest = 5;
}

/// <summary>What is to be done.</summary>
/// <param name="Actions">The actions, in order.</param>
/// <param name="Deterministic">Whether no model decided.</param>
/// <param name="Fallback">Why no model decided although one was to, or null.</param>
public sealed record Reconciliation(IReadOnlyList<ReconcileAction> Actions, bool Deterministic, string? Fallback = null);

/// <summary>Something to be done.</summary>
/// <param name="Event"><see cref="MemoryEvent.Add"/>, <see cref="MemoryEvent.Update"/>, <see cref="MemoryEvent.Delete"/> or <see cref="MemoryEvent.None"/>.</param>
/// <param name="Statement">What is said now; null for a deletion.</param>
/// <param name="Target">The memory that is changed, deleted or says it already; null for an addition.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record ReconcileAction(MemoryEvent Event, LearnedStatement? Statement, MemoryRecord? Target, string Reason);
