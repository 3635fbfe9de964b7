using System.CommandLine;
using Granary.Faults;

// dotnet run -c Release --project tests/Granary.Faults -- --rounds N
var rounds = new Option<int>("--rounds") { Description = "How often the server is killed.", DefaultValueFactory = _ => 5 };
var connections = new Option<int>("--connections") { Description = "Connections that speak to it at a time.", DefaultValueFactory = _ => 32 };
var sessions = new Option<int>("--sessions") { Description = "Sessions in use at a time.", DefaultValueFactory = _ => 50 };
var seed = new Option<int>("--seed")
{
    Description = "Decides what is sent and when the server is killed.",
    DefaultValueFactory = _ => Random.Shared.Next(),
};
var server = new Option<string?>("--server") { Description = "The path of Granary.Server.dll; otherwise the one built beside this program." };
var keep = new Option<bool>("--keep") { Description = "Keep the data folder even if all is well." };
var rollBack = new Option<int>("--roll-back")
{
    Description = "Before the restart of this round (2 or later) put back the data of the kill before: the run must fail.",
};
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
command.SetAction(async (given, cancellationToken) =>
{
    var path = given.GetValue(server) is { } own ? Path.GetFullPath(own) : BuiltServer();
    if (path is null || !File.Exists(path))
    {
        Console.Error.WriteLine(
            $"There is no server at {path ?? "src/Granary.Server/bin"}: build it first (dotnet build -c Release src/Granary.Server), "
            + "or name it with --server.");
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
return await command.Parse(args).InvokeAsync();

// This program is in tests/Granary.Faults/bin/CONFIGURATION/net10.0, the server in the same place of its own project.
static string? BuiltServer()
{
    var here = new DirectoryInfo(AppContext.BaseDirectory);
    for (var root = here.Parent; root is not null; root = root.Parent)
    {
        if (File.Exists(Path.Combine(root.FullName, "Cluster.sln")))
        {
            return Path.Combine(root.FullName, "src", "Granary.Server", "bin", here.Parent!.Name, here.Name, "Granary.Server.dll");
        }
    }

    return null;
}
