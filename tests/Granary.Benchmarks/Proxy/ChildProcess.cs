using System.Diagnostics;
using System.Globalization;

namespace Granary.Benchmarks.Proxy;

/// <summary>A server of the benchmark in a process of its own, so that its time and memory can be told from others'. It ends with this one.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>The first argument of a program that is such a process.</summary>
    public const string Argument = "--child";

    private readonly Process _process;

    private ChildProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <param name="arguments">Which one; see <see cref="RunAsync"/>.</param>
    public static async Task<ChildProcess> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        }

        start.ArgumentList.Add(Argument);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        var address = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"'{arguments[0]}' did not start.");
        return new ChildProcess(process, new Uri(address));
    }

    /// <summary>Has it store sessions.</summary>
    public Task PrepareAsync(string prefix, int sessions) => AskAsync($"prepare {prefix} {sessions}");

    /// <summary>Bytes of its managed heap that are in use, and of its working set, after a collection that gives back what is free.</summary>
    public async Task<(long Managed, long WorkingSet)> MemoryAsync()
    {
        var answer = (await AskAsync("memory")).Split(' ');
        return (long.Parse(answer[0], CultureInfo.InvariantCulture), long.Parse(answer[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Milliseconds of the processors that it has used.</summary>
    public async Task<double> CpuAsync() => double.Parse(await AskAsync("cpu"), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>The program of such a process: <c>upstream</c>, <c>relay ADDRESS</c> or <c>granary ADDRESS</c>.</summary>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        MeasuredStore? store = null;
        var app = arguments[0] switch
        {
            "upstream" => await ScriptedUpstream.StartAsync(),
            "relay" => await BareRelay.StartAsync(new Uri(arguments[1])),
            _ => await ProxyMemory.StartAsync(new Uri(arguments[1]), store = await new SqliteStores().OpenAsync()),
        };
        Console.WriteLine(app.Address());
        while (await Console.In.ReadLineAsync() is { } command)
        {
            Console.WriteLine(await AnswerAsync(app, command.Split(' ')));
        }

        await app.DisposeAsync();
        if (store is not null)
        {
            await store.DisposeAsync();
        }
    }

    private static async Task<string> AnswerAsync(WebApplication app, string[] command)
    {
        switch (command[0])
        {
            case "prepare":
                await ProxyMemory.PrepareAsync(app.Services, command[1], int.Parse(command[2], CultureInfo.InvariantCulture));
                return "done";
            case "cpu":
                return Environment.CpuUsage.TotalTime.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
            default:
                for (var round = 0; round < 3; round++)
                {
                    GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    GC.WaitForPendingFinalizers();
                }

                return string.Create(CultureInfo.InvariantCulture, $"{GC.GetTotalMemory(forceFullCollection: true)} {Environment.WorkingSet}");
        }
    }

    private async Task<string> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The process ended.");
    }
}
