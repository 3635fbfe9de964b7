using System.CommandLine;
using Granary.Sample.Replay.Console;
using Granary.Sample.Replay.Replay;
using Granary.Sample.Replay.Scenario;
using Spectre.Console;

// Colours belong on a screen, not in a file or a pipe.
var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = System.Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect });
var connection = new ConnectionOptions();
var root = new RootCommand("Sends conversations through a running Granary service and shows what comes of them.");
connection.AddTo(root);

var replay = new Command("replay", "Replays a file of conversations; prints contexts, sizes before and after compaction, latencies.");
new ReplayCommand(console, connection).AddTo(replay);
root.Subcommands.Add(replay);

var scenario = new Command("scenario", "Three sessions of one client: consultation, investment advice, tax strategy.");
new ScenarioCommand(console, connection).AddTo(scenario);
root.Subcommands.Add(scenario);

return await root.Parse(args).InvokeAsync();
