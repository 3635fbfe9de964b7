using SQLitePCL;

namespace Granary.Storage.Sqlite.Interop;

/// <summary>An error code that SQLite returned.</summary>
internal sealed class SqliteFailure(int extendedCode, string message, string action)
    : Exception($"SQLite error {extendedCode & 0xFF} ({extendedCode}) while {action}: {message}")
{
    /// <summary>The primary result code, for example <see cref="raw.SQLITE_FULL"/>.</summary>
    public int Code => extendedCode & 0xFF;

    /// <summary>Whether it was asked to stop.</summary>
    public bool IsInterrupt => Code == raw.SQLITE_INTERRUPT;

    /// <summary>What failed and what helps, without paths or content: it may be shown to a caller.</summary>
    public string Advice => Code switch
    {
        raw.SQLITE_FULL => "The disk of the data folder is full; writing resumes by itself once there is space.",
        raw.SQLITE_READONLY => "The database is read-only; make the data folder writable.",
        raw.SQLITE_IOERR => $"The disk of the data folder reported an I/O error (SQLite code {extendedCode}); check it and its space.",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => "The database file is damaged; restore the data folder from a backup.",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "Another program holds the database locked; close it.",
        raw.SQLITE_CANTOPEN => "The database file cannot be opened; check the data folder and its permissions.",
        raw.SQLITE_NOMEM => "There was not enough memory for the database.",
        _ => $"The database failed (SQLite code {extendedCode}).",
    };
}
