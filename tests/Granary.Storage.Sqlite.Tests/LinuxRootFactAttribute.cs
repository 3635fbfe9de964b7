namespace Granary.Storage.Sqlite.Tests;

/// <summary>A test that mounts a small file system of its own: needs Linux and root, and says so where it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxRootFactAttribute : FactAttribute
{
    public LinuxRootFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !CanMount())
        {
            Skip = "Needs Linux and the right to mount a file system (root): a full disk was tested by a limit on the database's pages only.";
        }
    }

    private static bool CanMount()
    {
        try
        {
            using var disk = new SmallDisk(megabytes: 1);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
