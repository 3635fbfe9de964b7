using System.Collections.Concurrent;
using Granary.Core.Reflection;

namespace Granary.Conformance.Memory;

/// <summary>Reflection without a model, which a test can hold, make fail, or let find what a model might.</summary>
public sealed class GatedReflector : IReflector
{
    private readonly DeterministicReflector _inner = new();
    private TaskCompletionSource? _gate;
    private TaskCompletionSource _entered = New();
    private int _failures;

    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<ReflectionRequest> Requests { get; } = new();

    /// <summary>Changes what was found; null for no change.</summary>
    public Func<ReflectionRequest, SessionReflection, SessionReflection>? Finds { get; set; }

    /// <summary>Ends when a call has come since <see cref="Hold"/>.</summary>
    public Task Entered => _entered.Task.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Holds the calls from now on; <see cref="Release"/> lets them go on.</summary>
    public void Hold()
    {
        _entered = New();
        _gate = New();
    }

    /// <summary>Lets held calls go on.</summary>
    public void Release()
    {
        _gate?.TrySetResult();
        _gate = null;
    }

    /// <summary>Makes the next calls fail.</summary>
    public void Fail(int count) => _failures = count;

    /// <inheritdoc/>
    public async ValueTask<SessionReflection> ReflectAsync(ReflectionRequest request, CancellationToken cancellationToken = default)
    {
        Requests.Enqueue(request);
        _entered.TrySetResult();
        if (_gate is { } held)
        {
            await held.Task.WaitAsync(cancellationToken);
        }

        if (Interlocked.Decrement(ref _failures) >= 0)
        {
            throw new InvalidOperationException("The model is down.");
        }

        var found = await _inner.ReflectAsync(request, cancellationToken);
        return Finds?.Invoke(request, found) ?? found;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Reconciliation without a model, which a test can make fail or let decide what a model might.</summary>
public sealed class GatedReconciler : IReconciler
{
    private readonly DeterministicReconciler _inner = new();
    private int _failures;

    /// <summary>Decides; null for the default.</summary>
    public Func<IReadOnlyList<ReconcileCandidate>, Reconciliation>? Decides { get; set; }

    /// <summary>Makes the next calls fail.</summary>
    public void Fail(int count) => _failures = count;

    /// <inheritdoc/>
    public ValueTask<Reconciliation> ReconcileAsync(IReadOnlyList<ReconcileCandidate> candidates, CancellationToken cancellationToken = default) =>
        Interlocked.Decrement(ref _failures) >= 0 ? throw new InvalidOperationException("The model is down.")
        : Decides is { } decides ? new(decides(candidates))
        : _inner.ReconcileAsync(candidates, cancellationToken);
}
