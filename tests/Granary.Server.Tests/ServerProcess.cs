using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Granary.Server.Tests;

/// <summary>The built server as a process of its own, in a folder of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string folder, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(ServerProgram).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                _errors.Enqueue(line.Data);
            }
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IReadOnlyCollection<string> Output => _output;

    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Starts a process.</summary>
    public static ServerProcess Start(string folder, string[]? arguments = null, params (string Name, string Value)[] environment) =>
        new(folder, arguments ?? [], environment);

    /// <summary>Starts a server on a free port and waits until it listens.</summary>
    public static async Task<(ServerProcess Process, HttpClient Client)> ListenAsync(
        string folder, string[]? arguments = null, params (string Name, string Value)[] environment)
    {
        var process = Start(folder, arguments, [("PORT", "0"), .. environment]);
        var exited = process._process.WaitForExitAsync();
        if (await Task.WhenAny(process._listening.Task, exited).WaitAsync(Patience) == exited)
        {
            throw new InvalidOperationException("The server has ended: " + string.Join('\n', process._errors.Concat(process._output)));
        }

        return (process, new HttpClient { BaseAddress = await process._listening.Task });
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Asks the server to stop as an operator does, and waits for the end.</summary>
    public Task<int> StopAsync()
    {
        const int SigTerm = 15;
        Kill(_process.Id, SigTerm).ShouldBe(0);
        return ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        const string Listens = "Granary listens on ";
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        if (line.StartsWith(Listens, StringComparison.Ordinal))
        {
            _listening.TrySetResult(new Uri(line[Listens.Length..].Split(' ')[0]));
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
