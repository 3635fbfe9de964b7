using System.Diagnostics;

namespace Granary.Storage.Sqlite.Tests;

/// <summary>A file system in memory that is really full when it is full.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _mountPoint = Directory.CreateTempSubdirectory("granary-disk-");

    public SmallDisk(int megabytes) => Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", Path);

    public string Path => _mountPoint.FullName;

    /// <summary>Fills the disk but for some kilobytes.</summary>
    /// <returns>The file to delete to make space again.</returns>
    public string Fill(int leaveKilobytes)
    {
        var file = System.IO.Path.Combine(Path, "filler");
        using var stream = File.Create(file);
        stream.Write(new byte[new DriveInfo(Path).AvailableFreeSpace - (leaveKilobytes * 1024)]);
        return file;
    }

    public void MakeReadOnly() => Run("mount", "-o", "remount,ro", Path);

    public void Dispose()
    {
        Run("umount", Path);
        _mountPoint.Delete();
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed: {error}");
        }
    }
}
