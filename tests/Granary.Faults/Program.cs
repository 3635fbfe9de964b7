using System.CommandLine;
using System.Runtime.InteropServices;
using Granary.Faults;
using Granary.Faults.Cluster;

// dotnet run -c Release --project tests/Granary.Faults -- --rounds N
// dotnet run -c Release --project tests/Granary.Faults -- --cluster
var rounds = new Option<int>("--rounds") { Description = "How often the server is killed.", DefaultValueFactory = _ => 5 };
var connections = new Option<int>("--connections") { Description = "Connections that speak to it at a time.", DefaultValueFactory = _ => 32 };
var sessions = new Option<int>("--sessions") { Description = "Sessions in use at a time.", DefaultValueFactory = _ => 50 };
var seed = new Option<int>("--seed")
{
    Description = "Decides what is sent and when the server is killed.",
    DefaultValueFactory = _ => Random.Shared.Next(),
};
var server = new Option<string?>("--server") { Description = "The path of Granary.Server.dll (with --cluster: Granary.Silo.dll); otherwise the one built beside this program." };
var keep = new Option<bool>("--keep") { Description = "Keep the data folder even if all is well." };
var rollBack = new Option<int>("--roll-back")
{
    Description = "Before the restart of this round (2 or later) put back the data of the kill before: the run must fail. With --cluster, whatever the number: before the comparison.",
};
var cluster = new ClusterOptions();
foreach (var option in new[] { rounds, connections, sessions })
{
    option.Validators.Add(given =>
    {
        if (given.Tokens.Count > 0 && (!int.TryParse(given.Tokens[0].Value, out var number) || number < 1))
        {
            given.AddError($"{option.Name} must be a whole number of 1 or more.");
        }
    });
}

var command = new RootCommand("Kills the server in the middle of its work, again and again, and looks whether anything acknowledged was lost.")
{
    rounds, connections, sessions, seed, server, keep, rollBack,
};
foreach (var option in cluster.All)
{
    command.Add(option);
}

command.SetAction(async (given, cancellationToken) =>
{
    var name = cluster.AreGiven(given) ? "Granary.Silo" : "Granary.Server";
    var path = given.GetValue(server) is { } own ? Path.GetFullPath(own) : BuiltServer(name);
    if (path is null || !File.Exists(path))
    {
        Console.Error.WriteLine(
            $"There is no server at {path ?? $"src/{name}/bin"}: build it first (dotnet build -c Release src/{name}), or name it with --server.");
        return 2;
    }

    var settings = new RunSettings(
        given.GetValue(rounds),
        given.GetValue(connections),
        given.GetValue(sessions),
        given.GetValue(seed),
        path,
        given.GetValue(keep),
        given.GetValue(rollBack));
    try
    {
        if (cluster.AreGiven(given))
        {
            var run = cluster.Read(
                given, path, Given(given, connections), Given(given, sessions), settings.Seed, settings.Keep, settings.RollBack > 0);
            if (run.Storage != "sqlite" && !ClusterDatabase.IsAvailable)
            {
                // Not a failure: the caller decides what it means that this cannot be tested here.
                Console.Error.WriteLine(ClusterDatabase.Missing);
                return 3;
            }

            return await ClusterRun.RunAsync(run, Console.Out, cancellationToken) ? 0 : 1;
        }

        return await FaultRun.RunAsync(settings, Console.Out, cancellationToken) ? 0 : 1;
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Interrupted.");
        return 130;
    }
    catch (InvalidOperationException failure)
    {
        Console.Error.WriteLine(failure.Message);
        return 1;
    }
});

// The command line's own handling ends the program two seconds after the first signal, and breaks at the second: servers would outlive it.
using var interrupted = new CancellationTokenSource();
PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
var registrations = signals.Select(signal => PosixSignalRegistration.Create(signal, context =>
{
    context.Cancel = true;
    interrupted.Cancel();
})).ToList();
var code = await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, interrupted.Token);
registrations.ForEach(registration => registration.Dispose());
return code;

static int? Given(ParseResult given, Option<int> option) => given.GetResult(option) is { Implicit: false } ? given.GetValue(option) : null;

// This program is in tests/Granary.Faults/bin/CONFIGURATION/net10.0, the server in the same place of its own project.
static string? BuiltServer(string name)
{
    var here = new DirectoryInfo(AppContext.BaseDirectory);
    for (var root = here.Parent; root is not null; root = root.Parent)
    {
        if (File.Exists(Path.Combine(root.FullName, "Cluster.sln")))
        {
            return Path.Combine(root.FullName, "src", name, "bin", here.Parent!.Name, here.Name, $"{name}.dll");
        }
    }

    return null;
}
