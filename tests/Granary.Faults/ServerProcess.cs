using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Granary.Faults;

/// <summary>The server as a process of its own. It does not outlive this program, however that ends (short of being killed itself).</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private const int SigTerm = 15;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly Process process;
    private readonly StreamWriter log;
    private readonly List<string> errors = [];
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ProcessStartInfo start, string logFile)
    {
        log = new StreamWriter(logFile, append: true) { AutoFlush = true };
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>From the start of the process until it said that it is ready.</summary>
    public TimeSpan TimeToReady { get; private set; }

    /// <summary>What it logged as errors.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (errors)
            {
                return [.. errors];
            }
        }
    }

    /// <summary>Starts the server on any free port of this machine and waits until it is ready.</summary>
    /// <param name="library">The path of Granary.Server.dll.</param>
    /// <param name="dataFolder">Its data folder.</param>
    /// <param name="logFile">Where what it prints is added.</param>
    /// <param name="maxSessions">How many sessions it keeps in memory.</param>
    /// <param name="cancellationToken">Ends the wait, and the server.</param>
    public static async Task<ServerProcess> StartAsync(
        string library, string dataFolder, string logFile, int maxSessions, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [library])
        {
            // Not the caller's folder: it may have a .env.
            WorkingDirectory = Path.GetDirectoryName(logFile)!,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GRANARY", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOST"] = "127.0.0.1";
        start.Environment["PORT"] = "0";
        start.Environment["DATA_DIR"] = dataFolder;
        start.Environment["MAX_SESSIONS"] = $"{maxSessions}";
        start.Environment["LOG_LEVEL"] = "WARNING";
        var server = new ServerProcess(start, logFile);
        try
        {
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch (Exception failure)
        {
            server.Dispose();
            throw failure is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new InvalidOperationException($"The server was not ready within {StartPatience.TotalSeconds} s.", failure)
                : failure;
        }
    }

    /// <summary>SIGKILL: nothing in the server runs any more.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits until the server has stopped.</summary>
    /// <returns>The exit code; null if it did not stop in time.</returns>
    public async Task<int?> StopAsync(TimeSpan patience)
    {
        if (Signal(process.Id, SigTerm) != 0)
        {
            throw new InvalidOperationException($"The server could not be told to stop: error {Marshal.GetLastPInvokeError()}.");
        }

        try
        {
            await process.WaitForExitAsync().WaitAsync(patience);
            return process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        OnExit(null, EventArgs.Empty);
        process.Dispose();
        lock (errors)
        {
            log.Dispose();
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StartPatience);
        var began = Stopwatch.GetTimestamp();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Task.WhenAny(address.Task, process.WaitForExitAsync(patience.Token));
        if (!address.Task.IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            throw new InvalidOperationException($"The server ended while it started; its log says why. {string.Join(' ', Errors)}");
        }

        Address = await address.Task;
        using var connection = new Connection(Address);
        while ((await connection.GetAsync("/health/ready", "nobody")).Status != 200)
        {
            await Task.Delay(PollInterval, patience.Token);
        }

        TimeToReady = Stopwatch.GetElapsedTime(began);
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (errors)
        {
            if (log.BaseStream is not null)
            {
                log.WriteLine(line);
            }

            if (Problem().IsMatch(line))
            {
                errors.Add(line);
            }
        }

        if (!address.Task.IsCompleted && Listening().Match(line) is { Success: true } match)
        {
            address.TrySetResult(new Uri(match.Value));
        }
    }

    private void OnExit(object? sender, EventArgs e)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It never started, or is gone.
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Signal(int process, int signal);

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Listening();

    [GeneratedRegex(@"^\S+ (fail|crit): |^granary: |^Unhandled exception")]
    private static partial Regex Problem();
}
