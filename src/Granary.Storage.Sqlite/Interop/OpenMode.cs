using SQLitePCL;

namespace Granary.Storage.Sqlite.Interop;

/// <summary>How a database file is opened.</summary>
internal enum OpenMode
{
    /// <summary>The file must exist and is only read.</summary>
    Read = raw.SQLITE_OPEN_READONLY,

    /// <summary>The file must exist.</summary>
    Write = raw.SQLITE_OPEN_READWRITE,

    /// <summary>The file is made when missing.</summary>
    Create = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE,
}
