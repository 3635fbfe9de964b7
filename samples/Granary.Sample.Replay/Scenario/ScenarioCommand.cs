using System.CommandLine;
using Granary.Client;
using Granary.Sample.Replay.Console;
using Granary.Sample.Replay.Conversations;
using Granary.Wire;
using Spectre.Console;

namespace Granary.Sample.Replay.Scenario;

/// <summary>
/// <c>scenario</c>: a client meets an advisor three times (consultation, investment advice, tax strategy). Each later session begins with
/// what the service remembers of the earlier ones.
/// </summary>
internal sealed class ScenarioCommand(IAnsiConsole console, ConnectionOptions connection)
{
    private static readonly (string Name, string Note)[] Parts =
    [
        ("Consultation", "the profile is built"), ("Investment advice", "the profile is known"), ("Tax strategy", "both are known"),
    ];

    private readonly Option<string?> _user = new("--user") { Description = "The user. Default: a new one." };

    /// <summary>Makes a command run the scenario.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_user);
        command.SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var conversation = (await ConversationFile.ReadAsync(ConversationFile.Advisor, cancellationToken).ConfigureAwait(false))[0];
            using var client = await connection.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            var user = client.ForUser(parsed.GetValue(_user) ?? "daniel-" + Ids.New(TimeProvider.System)[..12]);
            await RunAsync(user, SessionScript.Of(conversation), cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (Exception error) when (ErrorReport.Knows(error))
        {
            return ErrorReport.Show(console, error);
        }
    }

    private async Task RunAsync(GranaryClient user, IReadOnlyList<SessionScript> scripts, CancellationToken cancellationToken)
    {
        // A start that names a session that has ended begins a new one, which names the old one.
        var previous = "consultation";
        var ids = new List<string>();
        for (var n = 0; n < scripts.Count; n++)
        {
            console.Write(new Rule($"[bold]{n + 1}. {Parts[n].Name}: {Parts[n].Note}[/]").LeftJustified());
            var known = await RememberedAsync(user, cancellationToken).ConfigureAwait(false);
            var started = (await user.StartSessionAsync(new StartSessionRequest { SessionId = previous, SystemPrompt = known }, cancellationToken).ConfigureAwait(false)).Value;
            ids.Add(previous = started.SessionId);
            console.MarkupLineInterpolated($"session [bold]{started.SessionId}[/], user {started.UserId}");
            console.MarkupLineInterpolated($"restored: {started.Restored}, previous session: {started.PreviousSessionId ?? "none"}");
            console.WriteLine();

            var half = scripts[n].Appends.Count / 2;
            await TellAsync(user, started.SessionId, scripts[n].Appends.Take(half), cancellationToken).ConfigureAwait(false);
            if (n == 0)
                await ComeBackAsync(user, started.SessionId, cancellationToken).ConfigureAwait(false);
            await TellAsync(user, started.SessionId, scripts[n].Appends.Skip(half), cancellationToken).ConfigureAwait(false);

            await ShowContextAsync(user, started.SessionId, cancellationToken).ConfigureAwait(false);
            var ended = await user.EndSessionAsync(started.SessionId, cancellationToken).ConfigureAwait(false);
            console.MarkupLineInterpolated($"[green]ended[/] after {ended.TurnsCount} turns; topics: {string.Join(", ", ended.KeyTopics)}");
            console.WriteLine();
        }

        await ShowSummariesAsync(user, ids, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the advisor should know before the session begins: the summaries of the earlier ones, oldest first.</summary>
    private static async Task<string> RememberedAsync(GranaryClient user, CancellationToken cancellationToken)
    {
        const string Role = "You are a careful financial advisor.";
        var earlier = await user.GetSummariesAsync(5, cancellationToken).ConfigureAwait(false);
        return earlier.Count == 0
            ? Role
            : Role + " What you know of this client:\n" + string.Join('\n', earlier.Summaries.Reverse().Select(session => "- " + session.CumulativeSummary));
    }

    private async Task TellAsync(GranaryClient user, string session, IEnumerable<TurnScript> turns, CancellationToken cancellationToken)
    {
        foreach (var turn in turns)
        {
            foreach (var message in turn.Messages)
                Say(message);

            // One key for each turn of each session: a repeat after a lost answer would store nothing twice.
            var append = new AppendRequest { Messages = turn.Messages, IdempotencyKey = turn.IdempotencyKey };
            await user.AppendAsync(session, append, cancellationToken).ConfigureAwait(false);
        }

        console.WriteLine();
    }

    private void Say(Message message)
    {
        if (message.ToolCalls is { } calls)
        {
            foreach (var call in calls)
                console.MarkupLineInterpolated($"[grey]  calls {call.Name}[/]");
        }
        else if (message.Role != MessageRole.Tool)
        {
            console.MarkupLineInterpolated($"[bold]{message.Name}:[/] {message.Content}");
        }
    }

    /// <summary>The agent's process was restarted: it finds its session as it left it.</summary>
    private async Task ComeBackAsync(GranaryClient user, string session, CancellationToken cancellationToken)
    {
        var again = (await user.StartSessionAsync(new StartSessionRequest { SessionId = session }, cancellationToken).ConfigureAwait(false)).Value;
        console.MarkupLineInterpolated($"[yellow]The agent restarts.[/] restored: {again.Restored}, {again.TurnCount} turns, {again.ActiveContext.Count(turn => turn.Turn > 0)} of them in the context");
        console.WriteLine();
    }

    private async Task ShowContextAsync(GranaryClient user, string session, CancellationToken cancellationToken)
    {
        var context = await user.GetContextAsync(session, format: ContextFormat.Text, cancellationToken: cancellationToken).ConfigureAwait(false);
        var panel = new Panel(new Text((context.FormattedContext ?? "").Trim()))
            .Header($"[bold] what a model sees now: {context.TokenCount} tokens [/]")
            .Border(BoxBorder.Rounded);
        console.Write(panel);
    }

    private async Task ShowSummariesAsync(GranaryClient user, List<string> ids, CancellationToken cancellationToken)
    {
        console.Write(new Rule("[bold]What stays[/]").LeftJustified());
        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn("session").NoWrap()).AddColumn(new TableColumn("turns").RightAligned()).AddColumn("summary");
        table.ShowRowSeparators();
        var summaries = await user.GetSummariesAsync(10, cancellationToken).ConfigureAwait(false);
        foreach (var session in summaries.Summaries.Where(session => ids.Contains(session.SessionId)).Reverse())
            table.AddRow(new Text(Parts[ids.IndexOf(session.SessionId)].Name), new Text($"{session.TurnCount}"), new Text(session.CumulativeSummary));
        console.Write(table);
    }
}
