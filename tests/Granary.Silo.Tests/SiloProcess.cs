using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Granary.Silo.Tests;

/// <summary>The built silo as a process of its own, in a folder of its own.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    /// <summary>Machines under load start slowly.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SiloProcess(string folder, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(SiloProgram).Assembly.Location);
        start.Environment["PORT"] = "0";
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

    /// <summary>All that it wrote, to tell in a failed test.</summary>
    public string Said => string.Join('\n', _errors.Concat(_output));

    /// <summary>Starts a process.</summary>
    public static SiloProcess Start(string folder, params (string Name, string Value)[] environment) => new(folder, environment);

    /// <summary>Starts a silo on a free port and waits until it listens.</summary>
    public static async Task<(SiloProcess Process, HttpClient Client)> ListenAsync(string folder, params (string Name, string Value)[] environment)
    {
        var process = Start(folder, environment);
        try
        {
            return (process, await process.ListeningAsync());
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it listens.</summary>
    public async Task<HttpClient> ListeningAsync()
    {
        var exited = _process.WaitForExitAsync();
        if (await Task.WhenAny(_listening.Task, exited).WaitAsync(Patience) == exited)
        {
            throw new InvalidOperationException("The silo has ended: " + Said);
        }

        return new HttpClient { BaseAddress = await _listening.Task, Timeout = Patience };
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Asks the silo to stop as an operator does, and waits for the end.</summary>
    public Task<int> StopAsync()
    {
        Signal(15);
        return ExitAsync();
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(int signal) => Kill(_process.Id, signal).ShouldBe(0);

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
