using Granary.Storage.Postgres.Schema;
using Npgsql;

namespace Granary.Storage.Postgres.Writing;

/// <summary>
/// Gives the store's numbers: versions and lives of partitions. A number is never given twice, not even by another process or after one that
/// was never used: blocks come from a sequence of the database. Shared by the writers of a store.
/// </summary>
internal sealed class NumberSource(string schema)
{
    private readonly string _reserve = $"SELECT nextval('{SchemaOpener.Quote(schema)}.numbers')";
    private readonly Lock _gate = new();
    private long _next;
    private long _end;

    /// <summary>Takes consecutive numbers.</summary>
    /// <param name="connection">Where to reserve a block if the last one is used up.</param>
    /// <param name="count">How many, 1 to <see cref="Migrations.NumberBlock"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The first of them.</returns>
    public async ValueTask<long> TakeAsync(NpgsqlConnection connection, int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_end - _next >= count)
                {
                    var first = _next;
                    _next += count;
                    return first;
                }
            }

            var command = new NpgsqlCommand(_reserve, connection);
            await using (command.ConfigureAwait(false))
            {
                var block = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
                lock (_gate)
                {
                    // Two writers may reserve at once: the later block wins, the rest of the other is left unused.
                    (_next, _end) = (block, block + Migrations.NumberBlock);
                }
            }
        }
    }
}
