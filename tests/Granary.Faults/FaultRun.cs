using System.Diagnostics;

namespace Granary.Faults;

/// <summary>How a run is made.</summary>
/// <param name="Rounds">How often the server is killed.</param>
/// <param name="Connections">Connections that speak to it at a time.</param>
/// <param name="Sessions">Sessions in use at a time.</param>
/// <param name="Seed">Decides what is sent and when the server is killed. What is under way then is up to the machine.</param>
/// <param name="Server">The path of Granary.Server.dll.</param>
/// <param name="Keep">Keep the data folder even if all is well.</param>
/// <param name="RollBack">The round whose restart finds the data of the kill before; 0 for none. Shows that the comparison sees it.</param>
internal sealed record RunSettings(int Rounds, int Connections, int Sessions, int Seed, string Server, bool Keep, int RollBack);

/// <summary>The rounds: load, kill, restart, compare; every few of them also a graceful stop. All on one data folder.</summary>
internal sealed class FaultRun
{
    /// <summary>After how many kills there is a stop.</summary>
    private const int RoundsPerStop = 4;

    /// <summary>From this many rounds on there is time to wait for maintenance.</summary>
    private const int LongRun = 20;

    private static readonly TimeSpan MinLoad = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan MaxLoad = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan AcceptMoment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    private readonly RunSettings _settings;
    private readonly Report _report;
    private readonly Ledger _ledger = new();
    private readonly Workload _workload;
    private readonly Verifier _verifier;
    private readonly Random _random;
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-faults-").FullName;

    private FaultRun(RunSettings settings, TextWriter output)
    {
        _settings = settings;
        _report = new Report(output);
        _workload = new Workload(_ledger, _report, _settings.Connections, _settings.Sessions);
        _verifier = new Verifier(_ledger, _report, _settings.Seed);
        _random = new Random(_settings.Seed);
    }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Runs.</summary>
    /// <returns>Whether nothing was lost, doubled, partial, misordered or otherwise wrong.</returns>
    public static async Task<bool> RunAsync(RunSettings settings, TextWriter output, CancellationToken cancellationToken)
    {
        var run = new FaultRun(settings, output);
        var keep = true;
        try
        {
            await run.RunAsync(cancellationToken);
            keep = settings.Keep || run._report.HasFaults;
            return !run._report.HasFaults;
        }
        catch (OperationCanceledException)
        {
            keep = settings.Keep;
            throw;
        }
        finally
        {
            if (keep)
            {
                output.WriteLine($"Seed {settings.Seed}. The data and the server's log are in {run._folder}");
            }
            else
            {
                Directory.Delete(run._folder, recursive: true);
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        _report.Line($"{_settings.Rounds} rounds, {_settings.Connections} connections, {_settings.Sessions} sessions at a time, seed {_settings.Seed}");
        var server = await StartAsync(cancellationToken);
        try
        {
            for (var round = 1; round <= _settings.Rounds && !_report.HasFaults; round++)
            {
                server = await RoundAsync(server, round, kill: true, cancellationToken);
                if (round % RoundsPerStop == 0 && !_report.HasFaults && !OperatingSystem.IsWindows())
                {
                    server = await RoundAsync(server, round, kill: false, cancellationToken);
                }
            }

            var end = new RoundFigures();
            if (!_report.HasFaults)
            {
                using var connection = new Connection(server.Address, Verifier.Parallelism);
                await _verifier.VerifyAsync(connection, _ledger.Sessions, end, cancellationToken);
                await _verifier.VerifyUnlistedAsync(connection, wait: _settings.Rounds >= LongRun, cancellationToken);
                await StopAsync(server);
            }

            if (_report.HasFaults)
            {
                _report.PrintFaults();
            }

            _report.Summary(end.Messages, end.Sessions, Stopwatch.GetElapsedTime(began));
        }
        finally
        {
            server.Dispose();
        }
    }

    /// <summary>Load, end of the server, restart, comparison.</summary>
    /// <returns>The server that runs now.</returns>
    private async Task<ServerProcess> RoundAsync(ServerProcess server, int round, bool kill, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var load = _workload.RunAsync(server.Address, unchecked((_settings.Seed * 31) + (2 * round) + (kill ? 1 : 0)));
        await Task.Delay(MinLoad + (_random.NextDouble() * (MaxLoad - MinLoad)), cancellationToken);
        var at = Stopwatch.GetTimestamp();
        if (kill)
        {
            await server.KillAsync();
        }
        else
        {
            await StopAsync(server);
        }

        CheckLost(await load, at, kill);
        CheckLog(server);
        server.Dispose();
        RollBack(round, kill);

        var touched = _ledger.TakeTouched();
        var sent = touched.SelectMany(session => session.Appends).Where(append => append.Sent >= began).ToList();
        var figures = new RoundFigures
        {
            Acknowledged = sent.Count(append => append.Outcome == Outcome.Acknowledged),
            Unknown = sent.Count(append => append.Outcome == Outcome.Unknown),
        };
        var next = await StartAsync(cancellationToken);
        try
        {
            using var connection = new Connection(next.Address, Verifier.Parallelism);
            await _verifier.VerifyAsync(connection, touched, figures, cancellationToken);
            CheckLog(next);
            if (!kill)
            {
                CheckAccepted(sent);
            }

            _report.Round(round, kill, Stopwatch.GetElapsedTime(began, at), figures, next.TimeToReady);
            return next;
        }
        catch
        {
            next.Dispose();
            throw;
        }
    }

    private Task<ServerProcess> StartAsync(CancellationToken cancellationToken) =>
        // Fewer than are in use: sessions leave memory and are loaded again all the time.
        ServerProcess.StartAsync(
            _settings.Server,
            Path.Combine(_folder, "server.log"),
            new Dictionary<string, string>
            {
                ["PORT"] = "0",
                ["DATA_DIR"] = Data,
                ["MAX_SESSIONS"] = $"{Math.Max(1, _settings.Sessions * 4 / 5)}",
                ["LOG_LEVEL"] = "WARNING",
            },
            cancellationToken);

    private async Task StopAsync(ServerProcess server)
    {
        if (OperatingSystem.IsWindows())
        {
            await server.KillAsync();
        }
        else if (await server.StopAsync(StopPatience) is var code and not 0)
        {
            var how = code is null ? $"did not stop within {StopPatience.TotalSeconds} s" : $"stopped with the exit code {code}";
            _report.Add(Fault.Other, $"the server {how}");
            await server.KillAsync();
        }
    }

    /// <summary>
    /// Only the end of the server may cost an answer. Whether a stopping server has accepted a request cannot be seen from outside at once: it
    /// closes connections on which it has read nothing, though a request may be on its way. What is older than a moment it has read.
    /// </summary>
    private void CheckLost(IReadOnlyCollection<LostAnswer> lost, long at, bool kill)
    {
        foreach (var answer in lost.Where(answer => kill ? answer.At < at : Stopwatch.GetElapsedTime(answer.Sent, at) > AcceptMoment))
        {
            _report.Add(Fault.Other, $"before the {(kill ? "kill" : "stop")} there was no answer to {answer.What}");
        }
    }

    /// <summary>A stopping server finishes what it has accepted: whatever it has stored, it has answered.</summary>
    private void CheckAccepted(IEnumerable<Append> sent)
    {
        foreach (var append in sent.Where(append => append.WasFound))
        {
            _report.Add(Fault.Other, append.Session, $"append {append.Number} was stored and not answered, although the server was stopped and not killed");
        }
    }

    private void CheckLog(ServerProcess server)
    {
        foreach (var error in server.Errors)
        {
            _report.Add(Fault.Other, $"the server logged: {error}");
        }
    }

    private void RollBack(int round, bool kill)
    {
        var copy = Data + "-before";
        if (kill && round == _settings.RollBack)
        {
            Directory.Delete(Data, recursive: true);
            Directory.Move(copy, Data);
        }
        else if (round == _settings.RollBack - 1)
        {
            Directory.CreateDirectory(copy);
            foreach (var file in Directory.GetFiles(Data))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
            }
        }
    }
}
