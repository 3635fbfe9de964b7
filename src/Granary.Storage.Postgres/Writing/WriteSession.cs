using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Granary.Storage.Postgres.Schema;
using Npgsql;

namespace Granary.Storage.Postgres.Writing;

/// <summary>A writer's connection. After an error it must be disposed: nobody knows where it stands.</summary>
internal sealed class WriteSession : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly GroupCommand _group;
    private readonly NumberSource _numbers;
    private readonly TimeProvider _time;
    private readonly string _schema;

    private WriteSession(NpgsqlConnection connection, GroupCommand group, NumberSource numbers, TimeProvider time, string schema) =>
        (_connection, _group, _numbers, _time, _schema) = (connection, group, numbers, time, SchemaOpener.Quote(schema));

    public static async ValueTask<WriteSession> OpenAsync(NpgsqlDataSource source, string schema, NumberSource numbers, TimeProvider time)
    {
        var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
        try
        {
            // Acknowledged means durable, also where the server's default is otherwise; stronger settings (a standby that must have applied) stay.
            await ExecuteAsync(
                connection, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'").ConfigureAwait(false);
            var group = await GroupCommand.PrepareAsync(connection, schema, CancellationToken.None).ConfigureAwait(false);
            return new WriteSession(connection, group, numbers, time, schema);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the server still answers on this connection; asking changes nothing.</summary>
    public async ValueTask<bool> AnswersAsync()
    {
        try
        {
            await ExecuteAsync(_connection, "SELECT 1").ConfigureAwait(false);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>Writes commits of different partitions in one durable step; sorts them.</summary>
    public async Task CommitAsync(List<PendingWrite> group, List<CommitResult> results)
    {
        var first = await _numbers.TakeAsync(_connection, group.Count, CancellationToken.None).ConfigureAwait(false);
        await _group.ExecuteAsync(group, first, results).ConfigureAwait(false);
    }

    /// <summary>Does a write that is not a commit.</summary>
    public async Task<CommitResult> ApplyAsync(PendingWrite write)
    {
        switch (write.Action)
        {
            case WriteAction.Erase:
                return new CommitResult(await EraseAsync(write).ConfigureAwait(false) ? CommitStatus.Committed : CommitStatus.Conflict, PartitionVersion.None);
            case WriteAction.Purge:
                var youngest = (_time.GetUtcNow() - StorageLimits.TombstoneLifetime).UtcTicks;
                await ExecuteAsync(_connection, $"DELETE FROM {_schema}.partitions WHERE id = $1 AND erased_at <= $2", write.Partition, youngest)
                    .ConfigureAwait(false);
                break;
            default:
                await ExecuteAsync(_connection, $"UPDATE {_schema}.probe SET count = count + 1").ConfigureAwait(false);
                break;
        }

        return new CommitResult(CommitStatus.Committed, PartitionVersion.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _group.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<bool> EraseAsync(PendingWrite write)
    {
        var now = _time.GetUtcNow();
        var number = await _numbers.TakeAsync(_connection, 1, CancellationToken.None).ConfigureAwait(false);

        return (bool)(await ExecuteAsync(
            _connection,
            $"SELECT {_schema}.erase_partition($1, $2, $3, $4, $5, $6)",
            write.Partition,
            write.Expected.Value,
            number,
            (short)PartitionShard.Of(write.Partition),
            now.UtcTicks,
            (now + StorageLimits.TombstoneLifetime).UtcTicks).ConfigureAwait(false))!;
    }

    /// <summary>Runs a statement to the end of its answer, which is when it is committed.</summary>
    /// <returns>The first value of the first row, or null.</returns>
    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var result = await reader.ReadAsync().ConfigureAwait(false) ? reader.GetValue(0) : null;
                while (await reader.NextResultAsync().ConfigureAwait(false))
                {
                }

                return result;
            }
        }
    }
}
