namespace Granary.Storage.Sqlite;

/// <summary>
/// Holds a data folder for one store. The lock is the operating system's on an open file, so it goes with the process however that ends.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    public const string FileName = "granary.lock";

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Makes the folder if it is missing and locks it.</summary>
    /// <exception cref="StoreInUseException">Somebody else holds it.</exception>
    /// <exception cref="StoreOpenException">It cannot be made or written.</exception>
    public static FolderLock Take(string folder)
    {
        try
        {
            CreateFolder(folder);
            var file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            return new FolderLock(file);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new StoreInUseException(
                $"The data folder '{folder}' is in use by another Granary process: stop that one, or set Granary:Sqlite:Folder to another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new StoreOpenException(
                $"The data folder '{folder}' cannot be written ({e.Message}): make it writable for this user, or set Granary:Sqlite:Folder to another folder.", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            // Conversations are nobody else's business on a shared machine; a folder that exists keeps its mode.
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION on Windows, EWOULDBLOCK elsewhere (Linux 11, macOS 35).</summary>
    private static bool IsHeld(IOException e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 32 or 33 : e.HResult is 11 or 35;
}
