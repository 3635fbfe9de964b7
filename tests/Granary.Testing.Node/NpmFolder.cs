using System.Diagnostics;

namespace Granary.Testing.Node;

/// <summary>A folder beside the tests with a <c>package.json</c>, whose packages are installed once, exactly as its lock file says.</summary>
public sealed class NpmFolder
{
    private readonly Lazy<string?> _problem;

    /// <param name="parts">The folder, below the tests' own.</param>
    public NpmFolder(params string[] parts)
    {
        Folder = Path.Combine([AppContext.BaseDirectory, .. parts]);
        _problem = new Lazy<string?>(Install);
    }

    /// <summary>Where it is.</summary>
    public string Folder { get; }

    /// <summary>Why nothing of it can run here; null if it can. Installs what is not there yet.</summary>
    public string? Problem => _problem.Value;

    /// <summary>How node runs here, with both of its outputs to be read.</summary>
    public ProcessStartInfo Node(params IEnumerable<string> arguments) =>
        new("node", arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };

    private string? Install()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (new[] { "npm", "node" }.FirstOrDefault(program => !path.Any(folder => File.Exists(Path.Combine(folder, program)))) is { } missing)
        {
            return $"{missing} is not installed. apt-get install nodejs npm";
        }

        var wanted = File.ReadAllText(Path.Combine(Folder, "package-lock.json"));
        var stamp = Path.Combine(Folder, "node_modules", ".installed");
        if (File.Exists(stamp) && File.ReadAllText(stamp) == wanted)
        {
            return null;
        }

        using var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
        {
            WorkingDirectory = Folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var output = install.StandardOutput.ReadToEndAsync();
        var errors = install.StandardError.ReadToEnd();
        install.WaitForExit();
        if (install.ExitCode != 0)
        {
            return $"npm ci failed: {errors} {output.Result}";
        }

        File.WriteAllText(stamp, wanted);
        return null;
    }
}
