using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Granary.Faults;

/// <summary>The server as a process of its own. It does not outlive this program, however that ends (short of being killed itself).</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly List<string> _errors = [];
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(ProcessStartInfo start, string logFile)
    {
        _log = new StreamWriter(logFile, append: true) { AutoFlush = true };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        AppDomain.CurrentDomain.UnhandledException += OnExit;
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>From the start of the process until it said that it is ready.</summary>
    public TimeSpan TimeToReady { get; private set; }

    /// <summary>What it logged as errors.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors)
            {
                return [.. _errors];
            }
        }
    }

    /// <summary>Ends when the process does.</summary>
    public Task Exited { get; private set; } = Task.CompletedTask;

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts a server on this machine and waits until it is ready.</summary>
    /// <param name="library">The path of its .dll.</param>
    /// <param name="logFile">Where what it prints is added.</param>
    /// <param name="settings">Variables of its environment, beside HOST: its settings.</param>
    /// <param name="cancellationToken">Ends the wait, and the server.</param>
    public static async Task<ServerProcess> StartAsync(
        string library, string logFile, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
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
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

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
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits until the server has stopped.</summary>
    /// <returns>The exit code; null if it did not stop in time.</returns>
    public async Task<int?> StopAsync(TimeSpan patience)
    {
        Signal(SigTerm);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>SIGSTOP: the process exists and does nothing at all, as on a machine that hangs.</summary>
    public void Freeze() => Signal(SigStop);

    /// <summary>SIGCONT: a frozen process goes on as if nothing had happened.</summary>
    public void Thaw() => Signal(SigCont);

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        AppDomain.CurrentDomain.UnhandledException -= OnExit;
        OnExit(null, EventArgs.Empty);
        _process.Dispose();
        lock (_errors)
        {
            _log.Dispose();
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StartPatience);
        var began = Stopwatch.GetTimestamp();
        _process.Start();
        Exited = _process.WaitForExitAsync(CancellationToken.None);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Task.WhenAny(_address.Task, _process.WaitForExitAsync(patience.Token));
        if (!_address.Task.IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            throw new InvalidOperationException($"The server ended while it started; its log says why. {string.Join(' ', Errors)}");
        }

        Address = await _address.Task;
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

        lock (_errors)
        {
            if (_log.BaseStream is not null)
            {
                _log.WriteLine(line);
            }

            if (Problem().IsMatch(line))
            {
                _errors.Add(line);
            }
        }

        if (!_address.Task.IsCompleted && Listening().Match(line) is { Success: true } match)
        {
            _address.TrySetResult(new Uri(match.Value));
        }
    }

    private void OnExit(object? sender, EventArgs e)
    {
        try
        {
            _process.Kill();
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It never started, or is gone.
        }
    }

    private void Signal(int signal)
    {
        if (Signal(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"The server could not be sent the signal {signal}: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Signal(int process, int signal);

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Listening();

    [GeneratedRegex(@"^\S+ (fail|crit): |^granary: |^Unhandled exception")]
    private static partial Regex Problem();
}
