using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Granary.Faults.Cluster;

/// <summary>Prints what a run over a cluster has shown: a line for each event, a table, and the same as one line of JSON.</summary>
internal sealed partial class ClusterReport(
    ClusterSettings settings, Report report, CallJournal journal, Figures figures, IReadOnlyList<Silo> silos)
{
    private const int ShownCalls = 5;
    private const int ShownLogLines = 8;

    /// <summary>Prints it.</summary>
    /// <param name="lost">The calls without an answer.</param>
    /// <param name="end">What was compared.</param>
    /// <param name="took">The whole run.</param>
    /// <returns>Whether all was as it must be.</returns>
    public bool Print(IReadOnlyCollection<LostAnswer> lost, RoundFigures end, TimeSpan took)
    {
        foreach (var each in figures.Events)
        {
            report.Line(Line(each));
        }

        foreach (var call in lost.Take(ShownCalls))
        {
            report.Line($"no answer to {call.What}");
        }

        PrintLogs();
        if (report.HasDetails)
        {
            report.PrintFaults();
        }

        var passed = !report.HasFaults && figures is { UnansweredInRolling: 0, UnansweredInCalm: 0 };
        var rows = new (string Name, string Key, object? Value)[]
        {
            ("silos", "silos", settings.Silos),
            ("kills", "kills", Count(Scenario.Kill)),
            ("restarts", "restarts", Count(Scenario.Rolling)),
            ("freezes", "freezes", Count(Scenario.Freeze)),
            ("silos that ended by themselves", "exits", silos.Sum(silo => silo.Exits.Count)),
            ("stops cut short", "stops_cut_short", silos.Sum(silo => silo.StopsCutShort)),
            ("calls", "calls", journal.Calls.Count),
            ("appends acknowledged", "appends", journal.Calls.Count(call => call is { IsAppend: true, IsAnswered: true })),
            ("retries", "retries", figures.Retries),
            ("calls without an answer", "unanswered", figures.Unanswered),
            ("... in rolling restarts", "unanswered_rolling", figures.UnansweredInRolling),
            ("... while nothing happened", "unanswered_calm", figures.UnansweredInCalm),
            ("calls/s before", "calls_per_second", Round(figures.Calm)),
            ("calls/s during", "calls_per_second_during", Round(figures.During)),
            ("calls/s after", "calls_per_second_after", Round(figures.After)),
            ("append p50, ms", "append_p50_ms", Round(Quantiles.At(figures.AppendLatencies, 0.5))),
            ("append p99, ms", "append_p99_ms", Round(Quantiles.At(figures.AppendLatencies, 0.99))),
            ("sessions lost with a silo", "failovers", figures.Failovers.Count),
            ("SIGKILL to success, median, s", "failover_median_s", Round(Quantiles.At(figures.Failovers, 0.5), 2)),
            ("SIGKILL to success, longest, s", "failover_longest_s", Round(Quantiles.At(figures.Failovers, 1), 2)),
            ("sessions in the end", "sessions", end.Sessions),
            ("messages in the end", "messages", end.Messages),
        };
        foreach (var (name, _, value) in rows)
        {
            report.Row(name, value ?? "-");
        }

        report.CountRows();
        report.Row("took", string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0} s"));
        var json = new JsonObject
        {
            ["scenario"] = Name(settings.Scenario),
            ["storage"] = settings.Storage,
            ["seed"] = settings.Seed,
            ["passed"] = passed,
        };
        foreach (var (_, key, value) in rows)
        {
            json[key] = JsonSerializer.SerializeToNode(value);
        }

        foreach (var fault in Enum.GetValues<Fault>())
        {
            json["fault_" + JsonNamingPolicy.SnakeCaseLower.ConvertName($"{fault}")] = report.Count(fault);
        }

        json["took_s"] = Round(took.TotalSeconds);
        json["outcomes"] = new JsonObject(journal.Outcomes.OrderByDescending(outcome => outcome.Value)
            .Select(outcome => KeyValuePair.Create(outcome.Key, (JsonNode?)JsonValue.Create(outcome.Value))));
        report.Line($"outcomes of attempts: {string.Join(", ", journal.Outcomes.OrderByDescending(outcome => outcome.Value).Select(outcome => $"{outcome.Value} × {outcome.Key}"))}");
        report.Line("RESULT " + json.ToJsonString());
        return passed;
    }

    private static string Line(EventFigures each)
    {
        var failover = each.Failover;
        var lost = failover.Lost == 0 ? $"none of {failover.Active} sessions lost with it" : string.Create(
            CultureInfo.InvariantCulture,
            $"{failover.Lost} of {failover.Active} sessions lost with it (median {Quantiles.At(failover.Recoveries, 0.5):0.00} s, longest {Quantiles.At(failover.Recoveries, 1):0.00} s"
            + $"{(failover.Unrecovered > 0 ? $", {failover.Unrecovered} until the next event" : "")})");
        var later = failover.Later == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $", {failover.Later} blocked later for up to {failover.LongestLater:0.0} s");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Name(each.Event.Kind)} silo {each.Event.Silo}: back in {each.Ready:0.0} s, {lost}{later}; calls/s {Rate(each.Before)} before, {Rate(each.During)} during, "
            + $"{Rate(each.After)} after; {each.Unanswered} without an answer{(each.Event.Note.Length > 0 ? $"; {each.Event.Note}" : "")}");
    }

    private static string Name(Scenario scenario) => scenario.ToString().ToLowerInvariant();

    private static string Rate(double? rate) => rate is null ? "-" : rate.Value.ToString("0", CultureInfo.InvariantCulture);

    private static double? Round(double? value, int digits = 1) => value is null ? null : Math.Round(value.Value, digits);

    private int Count(Scenario kind) => figures.Events.Count(each => each.Event.Kind == kind);

    /// <summary>A cluster that loses silos logs errors; which ones, and how many of each, tells how it took it.</summary>
    private void PrintLogs()
    {
        var problems = silos.Where(silo => File.Exists(silo.LogFile)).SelectMany(silo => File.ReadLines(silo.LogFile)).Where(line => Problem().IsMatch(line))
            .GroupBy(line => Digits().Replace(Problem().Replace(line, ""), "#")).OrderByDescending(group => group.Count()).ToList();
        if (problems.Count > 0)
        {
            report.Line($"errors in the silos' logs: {problems.Sum(group => group.Count())} of {problems.Count} kinds, the most frequent ones:");
        }

        foreach (var group in problems.Take(ShownLogLines))
        {
            var line = group.First();
            report.Line($"  {group.Count(),5} × {(line.Length > 220 ? line[..220] + "…" : line)}");
        }
    }

    [GeneratedRegex(@"^\S+ (fail|crit): |^granary: |^Unhandled exception")]
    private static partial Regex Problem();

    [GeneratedRegex(@"[0-9a-f]*\d[0-9a-f]*")]
    private static partial Regex Digits();
}
