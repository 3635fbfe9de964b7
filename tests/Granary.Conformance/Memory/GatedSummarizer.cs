using Granary.Core.Compaction;

namespace Granary.Conformance.Memory;

/// <summary>The extractive summarizer, which a test can hold or make fail.</summary>
public sealed class GatedSummarizer : ISummarizer
{
    private readonly ExtractiveSummarizer _inner = new();
    private TaskCompletionSource? _gate;
    private TaskCompletionSource _entered = New();
    private int _failures;
    private int _standIns;
    private int _calls;

    /// <inheritdoc/>
    public int MaxInputTokens => _inner.MaxInputTokens;

    /// <summary>How often it was called.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Holds the calls from now on; <see cref="Release"/> lets them go on.</summary>
    public void Hold()
    {
        _entered = New();
        _gate = New();
    }

    /// <summary>Ends when a call has come since <see cref="Hold"/>.</summary>
    public Task Entered => _entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Lets held calls go on.</summary>
    public void Release()
    {
        _gate?.TrySetResult();
        _gate = null;
    }

    /// <summary>Makes the next calls fail.</summary>
    public void Fail(int count) => _failures = count;

    /// <summary>Makes the next calls say that extraction stood in for a model.</summary>
    public void StandIn(int count) => _standIns = count;

    /// <inheritdoc/>
    public async ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        _entered.TrySetResult();
        if (_gate is { } held)
        {
            await held.Task.WaitAsync(cancellationToken);
        }

        if (Interlocked.Decrement(ref _failures) >= 0)
        {
            throw new InvalidOperationException("The model is down.");
        }

        var summary = await _inner.SummarizeAsync(request, cancellationToken);
        return Interlocked.Decrement(ref _standIns) >= 0 ? summary with { Fallback = "The model is down." } : summary;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
