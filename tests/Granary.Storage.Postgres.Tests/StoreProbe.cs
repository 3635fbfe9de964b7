using System.Diagnostics.Metrics;
using Granary.Core.Storage;
using Microsoft.Extensions.Logging;

namespace Granary.Storage.Postgres.Tests;

/// <summary>A store that a test can hold and listen to.</summary>
internal sealed class StoreProbe : IAsyncDisposable, ILogger<PostgresPartitionStore>
{
    private readonly MeterListener _listener = new();
    private readonly List<int> _groups = [];
    private readonly List<string> _logged = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private TaskCompletionSource? _held;

    /// <summary>Opens a store with one writer, so that what waits comes as one group.</summary>
    public StoreProbe(string connection, Action<PostgresStoreOptions>? configure = null)
    {
        var options = new PostgresStoreOptions { ConnectionString = connection, Writers = 1 };
        configure?.Invoke(options);
        var hooks = new PostgresStoreHooks
        {
            BeforeGroup = () =>
            {
                if (Volatile.Read(ref _held) is not { } held)
                {
                    return Task.CompletedTask;
                }

                _arrived.Release();
                return held.Task;
            },
        };
        Store = new PostgresPartitionStore(options, null, this, null, hooks);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, Store.Instruments.Meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, size, _, _) =>
        {
            lock (_groups)
            {
                _groups.Add(size);
            }
        });
        _listener.Start();
    }

    public PostgresPartitionStore Store { get; }

    /// <summary>The sizes of the groups so far.</summary>
    public int[] Groups
    {
        get
        {
            lock (_groups)
            {
                return [.. _groups];
            }
        }
    }

    /// <summary>What was logged as a warning or worse.</summary>
    public string[] Problems
    {
        get
        {
            lock (_logged)
            {
                return [.. _logged];
            }
        }
    }

    /// <summary>Whether the log throws what it is told.</summary>
    public bool BreakLog { get; set; }

    /// <summary>Queues commits while the writer is held, in order; the test releases it.</summary>
    public async Task<Task<CommitResult>[]> HoldAsync(params PartitionCommit[] commits)
    {
        Volatile.Write(ref _held, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        Task<CommitResult>[] tasks = [Store.CommitAsync(commits[0]).AsTask()];
        (await _arrived.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue();
        return [.. tasks, .. commits[1..].Select(commit => Store.CommitAsync(commit).AsTask())];
    }

    public void Release() => Interlocked.Exchange(ref _held, null)?.SetResult();

    /// <summary>Sends commits as one group, as far as its bounds allow.</summary>
    public async Task<CommitResult[]> CommitTogetherAsync(params PartitionCommit[] commits)
    {
        var tasks = await HoldAsync(commits);
        Release();
        return await Task.WhenAll(tasks);
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await Store.DisposeAsync();
        _listener.Dispose();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_logged)
        {
            _logged.Add($"{logLevel}: {formatter(state, exception)}");
        }

        if (BreakLog)
        {
            throw new NotSupportedException("The log is broken.");
        }
    }
}
