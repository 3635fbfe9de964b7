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

    private readonly RunSettings settings;
    private readonly Report report;
    private readonly Ledger ledger = new();
    private readonly Workload workload;
    private readonly Verifier verifier;
    private readonly Random random;
    private readonly string folder = Directory.CreateTempSubdirectory("granary-faults-").FullName;

    private FaultRun(RunSettings settings, TextWriter output)
    {
        this.settings = settings;
        report = new Report(output);
        workload = new Workload(ledger, report, settings.Connections, settings.Sessions);
        verifier = new Verifier(ledger, report, settings.Seed);
        random = new Random(settings.Seed);
    }

    private string Data => Path.Combine(folder, "data");

    /// <summary>Runs.</summary>
    /// <returns>Whether nothing was lost, doubled, partial, misordered or otherwise wrong.</returns>
    public static async Task<bool> RunAsync(RunSettings settings, TextWriter output, CancellationToken cancellationToken)
    {
        var run = new FaultRun(settings, output);
        var keep = true;
        try
        {
            await run.RunAsync(cancellationToken);
            keep = settings.Keep || run.report.HasFaults;
            return !run.report.HasFaults;
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
                output.WriteLine($"Seed {settings.Seed}. The data and the server's log are in {run.folder}");
            }
            else
            {
                Directory.Delete(run.folder, recursive: true);
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        report.Line($"{settings.Rounds} rounds, {settings.Connections} connections, {settings.Sessions} sessions at a time, seed {settings.Seed}");
        var server = await StartAsync(cancellationToken);
        try
        {
            for (var round = 1; round <= settings.Rounds && !report.HasFaults; round++)
            {
                server = await RoundAsync(server, round, kill: true, cancellationToken);
                if (round % RoundsPerStop == 0 && !report.HasFaults && !OperatingSystem.IsWindows())
                {
                    server = await RoundAsync(server, round, kill: false, cancellationToken);
                }
            }

            var end = new RoundFigures();
            if (!report.HasFaults)
            {
                await verifier.VerifyAsync(server.Address, ledger.Sessions, end, cancellationToken);
                await verifier.VerifyUnlistedAsync(server.Address, wait: settings.Rounds >= LongRun, cancellationToken);
                await StopAsync(server);
            }

            if (report.HasFaults)
            {
                report.PrintFaults();
            }

            report.Summary(end.Messages, end.Sessions, Stopwatch.GetElapsedTime(began));
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
        var load = workload.RunAsync(server.Address, unchecked((settings.Seed * 31) + (2 * round) + (kill ? 1 : 0)));
        await Task.Delay(MinLoad + (random.NextDouble() * (MaxLoad - MinLoad)), cancellationToken);
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

        var touched = ledger.TakeTouched();
        var sent = touched.SelectMany(session => session.Appends).Where(append => append.Sent >= began).ToList();
        var figures = new RoundFigures
        {
            Acknowledged = sent.Count(append => append.Outcome == Outcome.Acknowledged),
            Unknown = sent.Count(append => append.Outcome == Outcome.Unknown),
        };
        var next = await StartAsync(cancellationToken);
        try
        {
            await verifier.VerifyAsync(next.Address, touched, figures, cancellationToken);
            CheckLog(next);
            if (!kill)
            {
                CheckAccepted(sent);
            }

            report.Round(round, kill, Stopwatch.GetElapsedTime(began, at), figures, next.TimeToReady);
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
        ServerProcess.StartAsync(settings.Server, Data, Path.Combine(folder, "server.log"), Math.Max(1, settings.Sessions * 4 / 5), cancellationToken);

    private async Task StopAsync(ServerProcess server)
    {
        if (OperatingSystem.IsWindows())
        {
            await server.KillAsync();
        }
        else if (await server.StopAsync(StopPatience) is var code and not 0)
        {
            report.Add(Fault.Other, code is null ? $"the server did not stop within {StopPatience.TotalSeconds} s" : $"the server stopped with the exit code {code}");
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
            report.Add(Fault.Other, $"before the {(kill ? "kill" : "stop")} there was no answer to {answer.What}");
        }
    }

    /// <summary>A stopping server finishes what it has accepted: whatever it has stored, it has answered.</summary>
    private void CheckAccepted(IEnumerable<Append> sent)
    {
        foreach (var append in sent.Where(append => append.WasFound))
        {
            report.Add(Fault.Other, append.Session, $"append {append.Number} was stored and not answered, although the server was stopped and not killed");
        }
    }

    private void CheckLog(ServerProcess server)
    {
        foreach (var error in server.Errors)
        {
            report.Add(Fault.Other, $"the server logged: {error}");
        }
    }

    private void RollBack(int round, bool kill)
    {
        var copy = Data + "-before";
        if (kill && round == settings.RollBack)
        {
            Directory.Delete(Data, recursive: true);
            Directory.Move(copy, Data);
        }
        else if (round == settings.RollBack - 1)
        {
            Directory.CreateDirectory(copy);
            foreach (var file in Directory.GetFiles(Data))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
            }
        }
    }
}
