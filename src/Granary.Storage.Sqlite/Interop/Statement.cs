using System.Text;
using Granary.Core.Storage;
using SQLitePCL;

namespace Granary.Storage.Sqlite.Interop;

/// <summary>A prepared statement: bind, step, read, reset, and again. Parameters count from 1, columns from 0.</summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    public Statement Bind(int parameter, long value)
    {
        database.Check(raw.sqlite3_bind_int64(handle, parameter, value), "binding a number");
        return this;
    }

    public Statement Bind(int parameter, long? value)
    {
        if (value is { } number)
        {
            return Bind(parameter, number);
        }

        database.Check(raw.sqlite3_bind_null(handle, parameter), "binding null");
        return this;
    }

    /// <summary>Binds ASCII text: an id or a bound of ids.</summary>
    public Statement Bind(int parameter, string text)
    {
        Span<byte> buffer = stackalloc byte[StorageLimits.MaxPartitionIdLength + 1];
        // An empty span has no address and would be bound as NULL.
        var code = text.Length == 0
            ? raw.sqlite3_bind_text(handle, parameter, text)
            : raw.sqlite3_bind_text(handle, parameter, buffer[..Encoding.ASCII.GetBytes(text, buffer)]);
        database.Check(code, "binding text");
        return this;
    }

    public Statement Bind(int parameter, ReadOnlySpan<byte> bytes)
    {
        var code = bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, parameter, 0) : raw.sqlite3_bind_blob(handle, parameter, bytes);
        database.Check(code, "binding bytes");
        return this;
    }

    /// <summary>Steps to the next row.</summary>
    /// <returns>Whether there is one; without one the statement is reset.</returns>
    /// <exception cref="SqliteFailure">The step failed; the statement is reset.</exception>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code == raw.SQLITE_DONE)
        {
            raw.sqlite3_reset(handle);
            return false;
        }

        // The message belongs to the connection's last call, so it is read before the reset.
        try
        {
            database.Check(code, "executing a statement");
        }
        finally
        {
            raw.sqlite3_reset(handle);
        }

        return false;
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    /// <exception cref="SqliteFailure">It failed; the statement is reset.</exception>
    public void Run()
    {
        if (Step())
        {
            Reset();
        }
    }

    /// <summary>Ends reading before the last row.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    public string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string();

    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    public void Dispose() => handle.Dispose();
}
