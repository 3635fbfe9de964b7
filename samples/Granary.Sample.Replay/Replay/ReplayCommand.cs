using System.CommandLine;
using System.Diagnostics;
using Granary.Client;
using Granary.Sample.Replay.Console;
using Granary.Sample.Replay.Conversations;
using Granary.Wire;
using Spectre.Console;

namespace Granary.Sample.Replay.Replay;

/// <summary><c>replay</c>: sends a file of conversations through the service and prints what came of it.</summary>
internal sealed class ReplayCommand
{
    private readonly Option<string> _file = new("--file")
    {
        Description = "A list of {id, speakers, sessions: [{n, date_time, turns: [{id, speaker, text, image_caption?}]}]}. Default: a conversation of this program.",
        DefaultValueFactory = _ => ConversationFile.Bakery,
    };

    private readonly Option<int> _concurrency = new("--concurrency") { Description = "Sessions at a time, 1 to 256.", DefaultValueFactory = _ => 8 };

    private readonly Option<int?> _limit = new("--limit") { Description = "The most turns to send of each session." };

    private readonly Option<int> _contexts = new("--contexts") { Description = "How many contexts to print.", DefaultValueFactory = _ => 1 };

    private readonly IAnsiConsole _console;
    private readonly ConnectionOptions _connection;

    public ReplayCommand(IAnsiConsole console, ConnectionOptions connection)
    {
        _console = console;
        _connection = connection;
        Within(_concurrency, 1, 256);
        Within(_limit, 1, int.MaxValue);
        Within(_contexts, 0, int.MaxValue);
    }

    /// <summary>Makes a command replay.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_concurrency);
        command.Options.Add(_limit);
        command.Options.Add(_contexts);
        command.SetAction(RunAsync);
    }

    private static void Within<T>(Option<T> option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && (!int.TryParse(token.Value, out var value) || value < least || value > most))
            result.AddError(most == int.MaxValue ? $"{option.Name} must be {least} or more." : $"{option.Name} must be {least} to {most}.");
    });

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            var scripts = Cut(await ConversationFile.ReadAsync(parsed.GetValue(_file)!, cancellationToken).ConfigureAwait(false), parsed.GetValue(_limit));
            using var client = await _connection.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await RunAsync(client, scripts, parsed.GetValue(_concurrency), parsed.GetValue(_contexts), cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (Exception error) when (ErrorReport.Knows(error))
        {
            return ErrorReport.Show(_console, error);
        }
    }

    private static List<(string Conversation, SessionScript Script)> Cut(IReadOnlyList<Conversation> conversations, int? limit) =>
    [
        .. from conversation in conversations
           from script in SessionScript.Of(conversation)
           select (conversation.Id, limit is { } most ? script with { Appends = [.. script.Appends.Take(most)] } : script),
    ];

    private async Task RunAsync(
        GranaryClient client, List<(string Conversation, SessionScript Script)> scripts, int concurrency, int contexts, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        var replayer = new Replayer(client, latencies);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken };
        var replaying = TimeSpan.Zero;
        await _console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 28 }, new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async progress =>
            {
                var bars = scripts.GroupBy(script => script.Conversation).ToDictionary(
                    conversation => conversation.Key,
                    conversation => progress.AddTask(Bar(conversation.Key, conversation), maxValue: Math.Max(1, conversation.Sum(script => script.Script.Appends.Count))));
                var compaction = progress.AddTask("Compacting", autoStart: false, maxValue: scripts.Count);
                var started = Stopwatch.GetTimestamp();
                await Parallel.ForEachAsync(
                    scripts,
                    parallel,
                    async (script, token) => await replayer.ReplayAsync(script.Script, () => bars[script.Conversation].Increment(1), token).ConfigureAwait(false)).ConfigureAwait(false);
                replaying = Stopwatch.GetElapsedTime(started);
                compaction.StartTask();
                await Parallel.ForEachAsync(
                    scripts,
                    parallel,
                    async (script, token) =>
                    {
                        await replayer.CompactAsync(script.Conversation, script.Script, token).ConfigureAwait(false);
                        compaction.Increment(1);
                    }).ConfigureAwait(false);
            }).ConfigureAwait(false);

        var report = new ReplayReport(_console);
        foreach (var (_, script) in scripts.AsEnumerable().Reverse().Take(contexts).Reverse())
            report.Context(await client.ForUser(script.UserId).GetContextAsync(script.SessionId, format: ContextFormat.Text, cancellationToken: cancellationToken).ConfigureAwait(false));
        report.Sizes([.. scripts.Select(script => replayer.Outcome(script.Script))]);
        report.Times(latencies);
        report.Summary(replayer, scripts.Count, replaying);
    }

    private static string Bar(string conversation, IEnumerable<(string Conversation, SessionScript Script)> scripts)
    {
        var sessions = scripts.Count();
        return $"{Markup.Escape(conversation)} [grey]({sessions} session{(sessions == 1 ? "" : "s")})[/]";
    }
}
