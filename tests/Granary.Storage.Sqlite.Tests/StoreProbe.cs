using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Tests;

/// <summary>A store that a test can hold, fail and listen to.</summary>
internal sealed class StoreProbe : IAsyncDisposable, ILogger<SqlitePartitionStore>
{
    private readonly MeterListener _listener = new();
    private readonly List<int> _groups = [];
    private readonly List<string> _logged = [];
    private readonly ManualResetEventSlim _held = new(initialState: true);
    private readonly SemaphoreSlim _arrived = new(0);

    public StoreProbe(string folder, Action<SqliteStoreOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new SqliteStoreOptions { Folder = folder };
        configure?.Invoke(options);
        Hooks.BeforeGroup = _ =>
        {
            if (!_held.IsSet)
            {
                _arrived.Release();
                _held.Wait();
            }
        };
        Store = new SqlitePartitionStore(options, time, this, null, Hooks);
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

    public SqlitePartitionStore Store { get; }

    public SqliteStoreHooks Hooks { get; } = new();

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

    /// <summary>Holds the writer at its next group; returns once <paramref name="first"/> has brought it there.</summary>
    public async Task<T> HoldAsync<T>(Func<T> first)
    {
        _held.Reset();
        var task = first();
        (await _arrived.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
        return task;
    }

    public void Release() => _held.Set();

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
    }
}
