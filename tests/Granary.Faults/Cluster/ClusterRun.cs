using System.Diagnostics;
using System.Globalization;

namespace Granary.Faults.Cluster;

/// <summary>
/// A cluster of silos under load while its silos are killed, restarted or frozen; then a comparison of what every silo shows with everything that
/// was acknowledged.
/// </summary>
internal sealed class ClusterRun
{
    /// <summary>For a session that has a caller who waits there is place for one more.</summary>
    private const int CallersPerSession = 2;

    private const int UnknownsAtATime = 8;
    private const int ProbedSessions = 20;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ReturnPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    private readonly ClusterSettings _settings;
    private readonly CancellationTokenSource _ended;
    private readonly Report _report;
    private readonly Ledger _ledger = new();
    private readonly CallJournal _journal = new();
    private readonly List<ClusterEvent> _events = [];
    private readonly Workload _workload;
    private readonly Random _random;
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-cluster-faults-").FullName;
    private Silo[] _silos = [];
    private long _began;

    private ClusterRun(ClusterSettings settings, TextWriter output, CancellationToken cancellationToken)
    {
        _settings = settings;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _report = new Report(output);
        _random = new Random(settings.Seed);
        _workload = new Workload(_ledger, _report, settings.Connections, settings.Sessions, new LoadStyle
        {
            AlwaysRepeatable = true,
            StoresOnly = settings.Scenario == Scenario.Load,
            WorkersPerSession = CallersPerSession,
            Behind = Fault.Stale,
        });
    }

    private CancellationToken Ended => _ended.Token;

    /// <summary>Runs.</summary>
    /// <returns>Whether nothing was lost, doubled, partial, misordered or otherwise wrong, and no call failed that must not.</returns>
    public static async Task<bool> RunAsync(ClusterSettings settings, TextWriter output, CancellationToken cancellationToken)
    {
        var run = new ClusterRun(settings, output, cancellationToken);
        var keep = true;
        try
        {
            var passed = await run.RunAsync();
            keep = settings.Keep || !passed;
            return passed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            keep = settings.Keep;
            throw;
        }
        finally
        {
            run._ended.Cancel();
            foreach (var silo in run._silos)
            {
                silo.Dispose();
            }

            if (keep)
            {
                output.WriteLine($"Seed {settings.Seed}. The logs of the silos: {string.Join(", ", run._silos.Select(silo => silo.LogFile))}");
            }
            else
            {
                Directory.Delete(run._folder, recursive: true);
            }
        }
    }

    private async Task<bool> RunAsync()
    {
        _report.Line(
            $"{_settings.Scenario} over {_settings.Silos} silos with {_settings.Storage}, {_settings.Connections} connections, "
            + $"{_settings.Sessions} sessions at a time, seed {_settings.Seed}");
        var start = Stopwatch.GetTimestamp();
        await using var database = _settings.Storage == "sqlite" ? null : await ClusterDatabase.StartAsync();
        _silos = [.. Enumerable.Range(1, _settings.Silos).Select(number => new Silo(number, _settings, _folder, database?.ConnectionString, Ended))];
        await Task.WhenAll(_silos.Select(silo => silo.StartAsync(Ended)));
        _began = Stopwatch.GetTimestamp();
        Say($"all silos are ready after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ended);
        var everySilo = new FailoverConnection([.. _silos.Select(silo => silo.Link)], _journal, Ended);
        var load = new ClusterLoad(_workload, everySilo, _settings.Connections, CallersPerSession * _settings.Sessions, _settings.Seed).RunAsync(stop.Token);
        await UnderLoadAsync(_settings.Scenario == Scenario.Load ? _settings.Steady : WarmUp);
        var from = Stopwatch.GetTimestamp();
        await UnderLoadAsync(_settings.Scenario == Scenario.Load ? _settings.Duration : _settings.Steady);
        if (_settings.RollBack)
        {
            await database!.TakeCopyAsync();
            Say("the store is copied");
            await UnderLoadAsync(_settings.Steady);
        }

        await EventsAsync();
        var until = Stopwatch.GetTimestamp();
        await stop.CancelAsync();
        await load;
        Say($"the load has ended: {_ledger.Sessions.Count} sessions, {_journal.Calls.Count} calls");

        await SettleAsync(everySilo);
        if (_settings.RollBack)
        {
            await StopAsync();
            await database!.PutCopyBackAsync();
            await Task.WhenAll(_silos.Select(silo => silo.StartAsync(Ended)));
            Say("the copy of the store is put back: the comparison must fail");
        }

        var end = await VerifyAsync();
        await StopAsync();
        foreach (var exit in _silos.SelectMany(silo => silo.Exits).Where(exit => !exit.Excused))
        {
            _report.Add(Fault.Other, $"silo {exit.Silo} ended by itself with the exit code {exit.ExitCode}, {At(exit.At)} s after the start");
        }

        var figures = new Figures(_journal, _events, from, until);
        return new ClusterReport(_settings, _report, _journal, figures, _silos).Print(_workload.Lost, end, Stopwatch.GetElapsedTime(start));

        // The load ends before it is told to only if something in this program is wrong.
        async Task UnderLoadAsync(TimeSpan time)
        {
            if (await Task.WhenAny(load, Task.Delay(time, Ended)) == load)
            {
                await load;
            }

            Ended.ThrowIfCancellationRequested();
        }

        async Task EventsAsync()
        {
            if (_settings.Scenario is Scenario.Kill or Scenario.All)
            {
                for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < _settings.Duration;)
                {
                    var next = Task.Delay(_settings.Every, Ended);
                    await KillAsync(_silos[_random.Next(_silos.Length)]);
                    await next;
                }

                await UnderLoadAsync(_settings.Steady);
            }

            if (_settings.Scenario is Scenario.Rolling or Scenario.All)
            {
                foreach (var silo in _silos)
                {
                    await RestartAsync(silo);
                }

                await UnderLoadAsync(_settings.Steady);
            }

            if (_settings.Scenario is Scenario.Freeze or Scenario.All)
            {
                await FreezeAsync(_silos[_random.Next(_silos.Length)]);
                await UnderLoadAsync(_settings.Steady);
            }
        }
    }

    private ClusterEvent NewEvent(Scenario kind, Silo silo)
    {
        var happened = new ClusterEvent(kind, silo.Number, Stopwatch.GetTimestamp());
        _events.Add(happened);
        return happened;
    }

    private async Task KillAsync(Silo silo)
    {
        var killed = NewEvent(Scenario.Kill, silo);
        await silo.KillAsync();
        await Task.Delay(_settings.Down, Ended);
        await silo.StartAsync(Ended);
        killed.ReadyAt = Stopwatch.GetTimestamp();
        Say(killed, "killed");
    }

    private async Task RestartAsync(Silo silo)
    {
        var cutShort = silo.StopsCutShort;
        var restarted = NewEvent(Scenario.Rolling, silo);
        if (await silo.StopAsync() is { } wrong)
        {
            _report.Add(Fault.Other, wrong);
        }

        restarted.Note = string.Create(
            CultureInfo.InvariantCulture,
            $"stopped in {Stopwatch.GetElapsedTime(restarted.At).TotalSeconds:0.0} s{(silo.StopsCutShort > cutShort ? ", cut short" : "")}");
        await silo.StartAsync(Ended);
        restarted.ReadyAt = Stopwatch.GetTimestamp();
        Say(restarted, "restarted, " + restarted.Note);
    }

    /// <summary>A silo hangs. When it goes on, it has to find out that it was given up and end, or to be one of the cluster again.</summary>
    private async Task FreezeAsync(Silo silo)
    {
        var frozen = NewEvent(Scenario.Freeze, silo);
        var exits = silo.Exits.Count;
        silo.Freeze();
        await Task.Delay(_settings.Freeze, Ended);
        silo.Thaw();
        var thawed = Stopwatch.GetTimestamp();
        Say($"silo {silo.Number} was frozen for {_settings.Freeze.TotalSeconds:0} s and goes on");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ended);
        patience.CancelAfter(ReturnPatience);
        try
        {
            // Right after it goes on it does not know yet: what it serves twice in a row, a moment apart, it serves for good.
            for (var served = 0; served < 2;)
            {
                await Task.Delay(ProbeInterval, patience.Token);
                await silo.WaitUntilReadyAsync(patience.Token);
                served = await ServesAsync(silo) ? served + 1 : 0;
            }

            frozen.ReadyAt = Stopwatch.GetTimestamp();
        }
        catch (OperationCanceledException) when (!Ended.IsCancellationRequested)
        {
            _report.Add(Fault.Other, $"silo {silo.Number} was frozen and does not serve {ReturnPatience.TotalSeconds} s after it went on");
        }

        frozen.Note = silo.Exits.Count > exits
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"ended {Stopwatch.GetElapsedTime(thawed, silo.Exits[exits].At).TotalSeconds:0.0} s after it went on (exit code {silo.Exits[exits].ExitCode})")
            : "went on";
        Say(frozen, "frozen, " + frozen.Note);
    }

    /// <summary>Whether a silo answers for some sessions at the first attempt.</summary>
    private async Task<bool> ServesAsync(Silo silo)
    {
        var answers = await Task.WhenAll(_ledger.Sessions.Where(session => session is { Seen: > 0, DeleteRequested: false }).Take(ProbedSessions)
            .Select(session => silo.Link.Connection.GetAsync($"/sessions/{session.Id}", session.User)));
        return answers.All(answer => answer.IsSuccess);
    }

    /// <summary>
    /// Makes certain what became of every append whose caller gave up: it is sent once more, with its key. Only then nothing of it can still be
    /// under way in a silo when histories are compared.
    /// </summary>
    private async Task SettleAsync(IConnection connection)
    {
        foreach (var silo in _silos)
        {
            await silo.WaitUntilReadyAsync(Ended);
        }

        var unknown = _ledger.Sessions.Where(session => !session.DeleteRequested)
            .SelectMany(session => session.Appends).Where(append => append.Outcome == Outcome.Unknown).ToList();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = UnknownsAtATime, CancellationToken = Ended };
        await Parallel.ForEachAsync(unknown, parallel, async (append, _) =>
        {
            var answer = await connection.SendAsync(append);
            if (answer.IsSuccess)
            {
                if (append.Accept(answer) is { } wrong)
                {
                    _report.Add(Fault.OutOfOrder, append.Session, wrong);
                }
            }
            else if (append.Session.EndRequested && answer.Is(409, "completed"))
            {
                append.Outcome = Outcome.Refused;
            }
            else
            {
                _report.Add(Fault.Other, append.Session, $"append {append.Number} had no answer under load, and afterwards was answered with {answer}");
            }
        });
        Say($"{unknown.Count} appends whose callers had given up are settled");
    }

    /// <summary>Compares what every silo shows.</summary>
    private async Task<RoundFigures> VerifyAsync()
    {
        var verifier = new Verifier(_ledger, _report, _settings.Seed, ofCluster: true);
        var end = new RoundFigures();
        foreach (var silo in _silos)
        {
            end = new RoundFigures();
            await verifier.VerifyAsync(new FailoverConnection([silo.Link], null, Ended), _ledger.Sessions, end, Ended);
            Say(_report.IsHopeless ? "so much is wrong that the comparison ends here" : $"silo {silo.Number} shows {end.Messages} messages of {end.Sessions} sessions");
            if (_report.IsHopeless)
            {
                return end;
            }
        }

        var late = await verifier.VerifyUnlistedAsync(new FailoverConnection([_silos[0].Link], null, Ended), _settings.AwaitMaintenance, Ended);
        Say($"{late} sessions came into their user's list {(_settings.AwaitMaintenance ? "by maintenance" : "when they were started again")}, afterwards");
        return end;
    }

    private async Task StopAsync()
    {
        foreach (var wrong in await Task.WhenAll(_silos.Select(silo => silo.StopAsync())))
        {
            if (wrong is not null)
            {
                _report.Add(Fault.Other, wrong);
            }
        }
    }

    private void Say(ClusterEvent happened, string what)
    {
        var back = happened.ReadyAt == long.MaxValue ? "is not back"
            : string.Create(CultureInfo.InvariantCulture, $"ready {Stopwatch.GetElapsedTime(happened.At, happened.ReadyAt).TotalSeconds:0.0} s after that began");
        Say($"silo {happened.Silo} was {what}; {back}");
    }

    private void Say(string what) => _report.Line($"{At(Stopwatch.GetTimestamp()),7} s: {what}");

    private string At(long time) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Stopwatch.GetElapsedTime(_began, time).TotalSeconds):0.0}");
}
