using System.Globalization;
using Granary.Orleans.Benchmarks;

// dotnet run -c Release --project tests/Granary.Orleans.Benchmarks [-- NAME ...] [--sessions N]: each benchmark prints one table.
var names = args.ToList();
var sessions = 1_000_000;
if (names.IndexOf("--sessions") is var at and >= 0)
{
    sessions = int.Parse(names[at + 1], CultureInfo.InvariantCulture);
    names.RemoveRange(at, 2);
}

return await Programs.RunAsync(
    new Dictionary<string, Func<Task>>(StringComparer.Ordinal)
    {
        ["store"] = SiloHttp.StoreAsync,
        ["context"] = SiloHttp.ContextAsync,
        ["calls"] = Calls.RunAsync,
        ["allocations"] = Allocations.RunAsync,
        ["reminders"] = Reminders.RunAsync,
        ["sweep"] = () => Sweep.RunAsync(sessions),
    },
    names);
