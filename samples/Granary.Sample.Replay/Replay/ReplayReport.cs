using System.Globalization;
using Granary.Sample.Replay.Console;
using Granary.Wire;
using Spectre.Console;

namespace Granary.Sample.Replay.Replay;

/// <summary>Prints what came of a replay.</summary>
internal sealed class ReplayReport(IAnsiConsole console)
{
    /// <summary>More sessions than this are summed up by conversation.</summary>
    private const int SingleSessions = 12;

    public void Context(ContextResponse context)
    {
        var panel = new Panel(new Text((context.FormattedContext ?? "").Trim()))
            .Header($"[bold] {Markup.Escape(context.SessionId)} of {Markup.Escape(context.UserId)}: {Count(context.TokenCount)} tokens in epoch {context.Epoch} [/]")
            .Border(BoxBorder.Rounded);
        console.Write(panel);
        console.WriteLine();
    }

    public void Sizes(IReadOnlyList<SessionOutcome> sessions)
    {
        var single = sessions.Count <= SingleSessions;
        var table = new Table().Border(TableBorder.Rounded).Title("Sizes, in tokens")
            .AddColumn(single ? "session" : "conversation")
            .AddColumn(Right("turns"))
            .AddColumn(Right("messages"))
            .AddColumn(Right("all"))
            .AddColumn(Right("context"))
            .AddColumn(Right("compacted"))
            .AddColumn(Right("of all"));
        var rows = single
            ? sessions.Select(session => (session.SessionId, Sessions: new[] { session }))
            : sessions.GroupBy(session => session.Conversation).Select(conversation => (conversation.Key, conversation.ToArray()));
        foreach (var (name, part) in rows)
            table.AddRow(Row(single ? name : $"{name} ({part.Length})", part));
        if (sessions.Count > 1)
        {
            table.AddEmptyRow();
            table.AddRow(Row("together", sessions));
        }

        console.Write(table);
        console.MarkupLine("[grey]all: every message. context: as the service folded it by itself.[/]");
        console.MarkupLine("[grey]compacted: after a compaction on demand.[/]");
        console.WriteLine();
    }

    public void Times(Latencies latencies)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("Latencies, in milliseconds")
            .AddColumn("call")
            .AddColumn(Right("calls"))
            .AddColumn(Right("p50"))
            .AddColumn(Right("p95"))
            .AddColumn(Right("p99"))
            .AddColumn(Right("max"));
        foreach (var (kind, sorted) in latencies.ByKind)
        {
            table.AddRow(
                kind,
                Count(sorted.Length),
                Time(Latencies.Percentile(sorted, 0.5)),
                Time(Latencies.Percentile(sorted, 0.95)),
                Time(Latencies.Percentile(sorted, 0.99)),
                Time(sorted[^1]));
        }

        console.Write(table);
        console.WriteLine();
    }

    public void Summary(Replayer replayer, int sessions, TimeSpan time)
    {
        var appends = replayer.Stored + replayer.Repeated;
        var rate = appends / Math.Max(0.001, time.TotalSeconds);
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]{Count(replayer.Stored)} appends stored[/], {Count(replayer.Repeated)} were there already; {Count(sessions)} sessions in {time.TotalSeconds:0.0} s ({rate:0} appends/s).");
    }

    private static string[] Row(string name, IReadOnlyList<SessionOutcome> part)
    {
        var all = part.Sum(session => session.WholeTokens);
        var compacted = part.Sum(session => session.CompactTokens);
        return
        [
            Markup.Escape(name),
            Count(part.Sum(session => session.Turns)),
            Count(part.Sum(session => session.Messages)),
            Count(all),
            Count(part.Sum(session => session.ContextTokens)),
            Count(compacted),
            all == 0 ? "-" : (100.0 * compacted / all).ToString("0", CultureInfo.InvariantCulture) + " %",
        ];
    }

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned().NoWrap();

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(double milliseconds) => milliseconds.ToString("0.00", CultureInfo.InvariantCulture);
}
