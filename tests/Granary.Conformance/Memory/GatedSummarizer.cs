using Granary.Core.Compaction;

namespace Granary.Conformance.Memory;

/// <summary>The extractive summarizer, which a test can hold or make fail.</summary>
public sealed class GatedSummarizer : ISummarizer
{
    private readonly ExtractiveSummarizer inner = new();
    private TaskCompletionSource? gate;
    private TaskCompletionSource entered = New();
    private int failures;
    private int calls;

    /// <inheritdoc/>
    public int MaxInputTokens => inner.MaxInputTokens;

    /// <summary>How often it was called.</summary>
    public int Calls => Volatile.Read(ref calls);

    /// <summary>Holds the calls from now on; <see cref="Release"/> lets them go on.</summary>
    public void Hold()
    {
        entered = New();
        gate = New();
    }

    /// <summary>Ends when a call has come since <see cref="Hold"/>.</summary>
    public Task Entered => entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Lets held calls go on.</summary>
    public void Release()
    {
        gate?.TrySetResult();
        gate = null;
    }

    /// <summary>Makes the next calls fail.</summary>
    public void Fail(int count) => failures = count;

    /// <inheritdoc/>
    public async ValueTask<Summary> SummarizeAsync(SummaryRequest request, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref calls);
        entered.TrySetResult();
        if (gate is { } held)
        {
            await held.Task.WaitAsync(cancellationToken);
        }

        if (Interlocked.Decrement(ref failures) >= 0)
        {
            throw new InvalidOperationException("The model is down.");
        }

        return await inner.SummarizeAsync(request, cancellationToken);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
