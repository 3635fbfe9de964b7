using System.Diagnostics;

namespace Granary.Faults.Cluster;

/// <summary>A silo that ended though nobody ended it.</summary>
/// <param name="Silo">Its number.</param>
/// <param name="At">When, in ticks of the stopwatch.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Excused">Whether it had been frozen a short while before: then it was declared dead, and to end is right.</param>
internal sealed record SiloExit(int Silo, long At, int ExitCode, bool Excused);

/// <summary>One silo of the cluster at its own address, over as many processes as it takes. One that ends by itself is started again.</summary>
internal sealed class Silo : IDisposable
{
    /// <summary>The silo has 30 seconds to drain; and some to end.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(40);

    /// <summary>For so long after it went on a frozen silo may find out that it was declared dead.</summary>
    private static readonly TimeSpan Excuse = TimeSpan.FromSeconds(120);

    /// <summary>The silo's exit code if it cut off calls that took too long, or did not take its leave of the others in time.</summary>
    private const int StopCutShort = 3;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly string _library;
    private readonly Dictionary<string, string> _environment;
    private readonly Connection _health;
    private readonly CancellationToken _ended;
    private readonly List<SiloExit> _exits = [];
    private ServerProcess? _process;
    private long _thawed;

    /// <summary>Makes a silo that does not run yet.</summary>
    /// <param name="number">From 1.</param>
    /// <param name="settings">The run.</param>
    /// <param name="folder">Where its data and its log are.</param>
    /// <param name="database">The connection string of PostgreSQL; null for a silo of its own.</param>
    /// <param name="ended">The end of the run: from then on it is not started again.</param>
    public Silo(int number, ClusterSettings settings, string folder, string? database, CancellationToken ended)
    {
        Number = number;
        _library = settings.Library;
        _ended = ended;
        LogFile = Path.Combine(folder, $"silo-{number}.log");
        var ports = Ports.Choose(2);
        var address = new Uri($"http://127.0.0.1:{ports[0]}");
        Link = new SiloLink(number, address, settings.AttemptPatience);
        _health = new Connection(address, patience: TimeSpan.FromSeconds(2));
        _environment = new Dictionary<string, string>
        {
            ["PORT"] = $"{ports[0]}",
            ["SILO_PORT"] = $"{ports[1]}",
            ["ADVERTISED_ADDRESS"] = "127.0.0.1",
            ["CLUSTER_ID"] = "faults",
            ["SERVICE_ID"] = "faults",
            ["DATA_DIR"] = Path.Combine(folder, $"silo-{number}"),
            ["STORAGE"] = settings.Storage,
            ["LOG_LEVEL"] = settings.LogLevel,
        };
        if (settings.MaxSessions > 0)
        {
            _environment["MAX_SESSIONS"] = $"{settings.MaxSessions}";
        }

        if (database is not null)
        {
            _environment["CLUSTERING"] = "adonet";
            _environment["CLUSTERING_CONNECTION"] = database;
            _environment["STORAGE_CONNECTION"] = database;
            _environment["REMINDERS_CONNECTION"] = database;
        }
    }

    public int Number { get; }

    public SiloLink Link { get; }

    public string LogFile { get; }

    /// <summary>
    /// How many stops were not in order because calls took too long. No failure by itself: what counts is whether callers got their answers elsewhere.
    /// </summary>
    public int StopsCutShort { get; private set; }

    /// <summary>When it ended by itself.</summary>
    public IReadOnlyList<SiloExit> Exits
    {
        get
        {
            lock (_exits)
            {
                return [.. _exits];
            }
        }
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var process = await ServerProcess.StartAsync(_library, LogFile, _environment, cancellationToken);
        _process = process;
        _ = WatchAsync(process);
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => Release().KillAsync();

    /// <summary>SIGTERM, and waits until it has ended.</summary>
    /// <returns>What was wrong; null if nothing was.</returns>
    public async Task<string?> StopAsync()
    {
        using var process = Release();
        var exitCode = await process.StopAsync(StopPatience);
        StopsCutShort += exitCode == StopCutShort ? 1 : 0;
        return exitCode switch
        {
            0 or StopCutShort => null,
            null => $"silo {Number} did not stop within {StopPatience.TotalSeconds} s",
            var code => $"silo {Number} stopped with the exit code {code}",
        };
    }

    public void Freeze()
    {
        _thawed = long.MaxValue;
        _process!.Freeze();
    }

    public void Thaw()
    {
        _thawed = Stopwatch.GetTimestamp();
        _process?.Thaw();
    }

    /// <summary>Waits until it says that it is ready.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (_process is null || (await _health.GetAsync("/health/ready", "nobody")).Status != 200)
        {
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref _process, null)?.Dispose();
        Link.Dispose();
        _health.Dispose();
    }

    /// <summary>Takes the process out of the watch: its end is wanted.</summary>
    private ServerProcess Release() =>
        Interlocked.Exchange(ref _process, null) ?? throw new InvalidOperationException($"Silo {Number} does not run; its log says why.");

    private async Task WatchAsync(ServerProcess process)
    {
        await process.Exited;
        if (Interlocked.CompareExchange(ref _process, null, process) != process)
        {
            return;
        }

        var now = Stopwatch.GetTimestamp();
        var excused = _thawed > 0 && (_thawed == long.MaxValue || Stopwatch.GetElapsedTime(_thawed, now) < Excuse);
        lock (_exits)
        {
            _exits.Add(new SiloExit(Number, now, process.ExitCode, excused));
        }

        process.Dispose();
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await StartAsync(_ended);
                return;
            }
            catch (Exception failure) when (failure is InvalidOperationException or OperationCanceledException)
            {
                // What watches over services starts them again and again; readiness is awaited elsewhere, with an end.
            }
        }
    }
}
