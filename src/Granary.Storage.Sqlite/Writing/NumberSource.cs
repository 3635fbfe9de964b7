using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>
/// Gives the store's numbers: versions and keys of partitions. A number is never given twice, not even to a transaction that was rolled back
/// or by a later process: blocks are reserved in the transaction that first uses them, and each process begins with a new block.
/// </summary>
internal sealed class NumberSource
{
    private const long BlockSize = 65_536;

    private readonly Statement _reserve;
    private long _next;
    private long _reservedEnd;

    public NumberSource(Database database)
    {
        _next = database.QueryNumber("SELECT value FROM meta WHERE name = 'next_number'");
        _reserve = database.Prepare("UPDATE meta SET value = ?1 WHERE name = 'next_number'");
    }

    /// <summary>The next number; called within a transaction.</summary>
    public long Next()
    {
        if (_next >= _reservedEnd)
        {
            _reserve.Bind(1, _next + BlockSize).Run();
            _reservedEnd = _next + BlockSize;
        }

        return _next++;
    }

    /// <summary>The transaction was rolled back, perhaps with the reservation: the next number reserves anew.</summary>
    public void RolledBack() => _reservedEnd = 0;
}
