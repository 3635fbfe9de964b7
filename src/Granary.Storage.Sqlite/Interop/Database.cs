using SQLitePCL;

namespace Granary.Storage.Sqlite.Interop;

/// <summary>
/// One connection to SQLite, used by one thread at a time. Speaks to the native library without ADO.NET between: the writer binds and steps the
/// same few statements for every commit, and boxing parameters is most of what a command adds to that.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>SQLITE_DBSTATUS_CACHE_WRITE of sqlite3.h: pages written from the cache, in WAL mode to the log.</summary>
    private const int PagesWrittenCounter = 9;

    private readonly sqlite3 _handle;
    private readonly List<Statement> _statements = [];

    static Database() => Batteries_V2.Init();

    private Database(sqlite3 handle) => _handle = handle;

    /// <summary>The version of the native library.</summary>
    public static string LibraryVersion => raw.sqlite3_libversion().utf8_to_string();

    /// <summary>Rows changed by the last statement.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Opens a database file.</summary>
    /// <exception cref="SqliteFailure">The file cannot be opened.</exception>
    public static Database Open(string path, OpenMode mode, TimeSpan busyTimeout)
    {
        var code = raw.sqlite3_open_v2(path, out var handle, (int)mode | raw.SQLITE_OPEN_NOMUTEX, null);
        var database = new Database(handle);
        try
        {
            database.Check(code, "opening the database");
            raw.sqlite3_extended_result_codes(handle, 1);
            database.SetBusyTimeout(busyTimeout);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>How long to wait for another connection's lock.</summary>
    public void SetBusyTimeout(TimeSpan timeout) => raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds);

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    /// <exception cref="SqliteFailure">It cannot be prepared.</exception>
    public Statement Prepare(string sql)
    {
        const uint persistent = raw.SQLITE_PREPARE_PERSISTENT;
        Check(raw.sqlite3_prepare_v3(_handle, sql, persistent, out var handle), "preparing a statement");
        var statement = new Statement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Runs statements that return nothing of interest.</summary>
    /// <exception cref="SqliteFailure">One failed.</exception>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql), "executing a statement");

    /// <summary>The first column of the first row as text, or null.</summary>
    /// <exception cref="SqliteFailure">The query failed.</exception>
    public string? QueryText(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var handle), "preparing a query");
        using var statement = new Statement(this, handle);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>The first column of the first row as a number, or 0.</summary>
    /// <exception cref="SqliteFailure">The query failed.</exception>
    public long QueryNumber(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var handle), "preparing a query");
        using var statement = new Statement(this, handle);
        return statement.Step() ? statement.Number(0) : 0;
    }

    /// <summary>Copies the log into the database file.</summary>
    /// <param name="truncate">Wait for readers and empty the log's file; otherwise do what can be done at once.</param>
    /// <returns>Whether all of the log was copied (and emptied).</returns>
    /// <exception cref="SqliteFailure">The copy failed; nothing is lost, the log holds it.</exception>
    public bool Checkpoint(bool truncate)
    {
        var mode = truncate ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE;
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, null, mode, out var inLog, out var copied);
        if ((code & 0xFF) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
        {
            return false;
        }

        Check(code, "copying the log into the database");
        return inLog == copied;
    }

    /// <summary>The size of the database without its log, in bytes.</summary>
    public long Size => QueryNumber("PRAGMA page_count") * QueryNumber("PRAGMA page_size");

    /// <summary>Makes the statement that runs now fail; called from another thread while the connection is open.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_handle);

    /// <summary>Pages written since the last call.</summary>
    public int TakePagesWritten()
    {
        raw.sqlite3_db_status(_handle, PagesWrittenCounter, out var pages, out _, 1);
        return pages;
    }

    /// <summary>Throws for a result code other than success.</summary>
    public void Check(int code, string action)
    {
        if ((code & 0xFF) is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new SqliteFailure(code, raw.sqlite3_errmsg(_handle).utf8_to_string() ?? "unknown", action);
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _handle.Dispose();
    }
}
