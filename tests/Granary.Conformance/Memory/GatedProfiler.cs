using Granary.Core.Reflection;

namespace Granary.Conformance.Memory;

/// <summary>Synthesis without a model, which a test can hold, make fail or let write what a model might.</summary>
public sealed class GatedProfiler : IProfiler
{
    private readonly DeterministicProfiler _inner = new();
    private TaskCompletionSource? _gate;
    private int _failures;
    private int _calls;

    /// <summary>How often it was asked.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Writes; null for the default.</summary>
    public Func<IReadOnlyList<MemoryRecord>, string?, string>? Writes { get; set; }

    /// <summary>Holds the calls from now on; <see cref="Release"/> lets them go on.</summary>
    public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets held calls go on.</summary>
    public void Release()
    {
        _gate?.TrySetResult();
        _gate = null;
    }

    /// <summary>Makes the next calls fail.</summary>
    public void Fail(int count) => _failures = count;

    /// <inheritdoc/>
    public async ValueTask<SynthesizedText> FindPatternAsync(IReadOnlyList<MemoryRecord> insights, string? category, CancellationToken cancellationToken = default)
    {
        await EnterAsync(cancellationToken);
        return await _inner.FindPatternAsync(insights, category, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<SynthesizedText> WriteProfileAsync(IReadOnlyList<MemoryRecord> memories, string? previous, CancellationToken cancellationToken = default)
    {
        await EnterAsync(cancellationToken);
        return Writes is { } writes ? new SynthesizedText(writes(memories, previous), 0.8, Deterministic: false) : await _inner.WriteProfileAsync(memories, previous, cancellationToken);
    }

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        if (_gate is { } gate)
        {
            await gate.Task.WaitAsync(cancellationToken);
        }

        if (Interlocked.Decrement(ref _failures) >= 0)
        {
            throw new InvalidOperationException("The model is down.");
        }
    }
}
