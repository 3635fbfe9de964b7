using System.Diagnostics;

namespace Granary.Testing.Postgres;

/// <summary>Finds the programs of an installed PostgreSQL and runs them, as the user <c>postgres</c> when this process is root: they refuse root.</summary>
internal static class PostgresPrograms
{
    private const string User = "postgres";

    /// <summary>The folder of <c>initdb</c> and <c>pg_ctl</c>, or null: PATH first, then the newest that Debian's packages installed.</summary>
    public static string? Folder { get; } = Find();

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <summary>Gives a folder to the user that the programs run as.</summary>
    public static async Task OwnAsync(string folder, TimeSpan patience)
    {
        if (IsRoot)
        {
            await RunAsync("chown", [User, folder], patience, log: null).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a program of PostgreSQL to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has its output and the end of <paramref name="log"/>.</exception>
    public static Task RunAsync(string program, string folder, string[] arguments, TimeSpan patience, string log)
    {
        var path = Path.Combine(Folder ?? throw new InvalidOperationException(PostgresServer.Missing), program);

        // The working folder must be one that the other user may enter.
        return IsRoot
            ? RunAsync("runuser", ["-u", User, "--", path, .. arguments], patience, log, folder)
            : RunAsync(path, arguments, patience, log, folder);
    }

    /// <summary>Stops a server and removes its folder without waiting: test runners kill a process that takes long to end.</summary>
    public static void StopAndRemoveInBackground(string data, string folder)
    {
        string[] asUser = IsRoot ? ["runuser", "-u", User, "--"] : [];
        string[] stop = [.. asUser, Path.Combine(Folder!, "pg_ctl"), "stop", "-m", "immediate", "-w", "-s", "-D", data];
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        foreach (var argument in (string[])["-c", "trap '' HUP TERM; folder=$1; shift; \"$@\" >/dev/null 2>&1 </dev/null; rm -rf \"$folder\"", "sh", folder, .. stop])
        {
            start.ArgumentList.Add(argument);
        }

        Process.Start(start)?.Dispose();
    }

    private static async Task RunAsync(string program, string[] arguments, TimeSpan patience, string? log, string? folder = null)
    {
        // Not redirected through pipes: the server that pg_ctl starts would inherit them, and reading would never end.
        var output = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder ?? "/" };
            foreach (var argument in (string[])["-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "sh", output, program, .. arguments])
            {
                start.ArgumentList.Add(argument);
            }

            // PostgreSQL refuses a locale that is not installed.
            start.Environment["LC_ALL"] = "C";
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
            using var limit = new CancellationTokenSource(patience);
            try
            {
                await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} took longer than {patience}.");
            }

            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException(
                    $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {File.ReadAllText(output)} {End(log)}");
            }
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static string End(string? log)
    {
        try
        {
            return log is not null && File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(10)) : string.Empty;
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }

    private static string? Find()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).AsEnumerable();
        const string debian = "/usr/lib/postgresql";
        if (Directory.Exists(debian))
        {
            folders = folders.Concat(Directory.GetDirectories(debian)
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin")));
        }

        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }
}
