using Npgsql;
using NpgsqlTypes;

namespace Granary.Providers.Postgres;

/// <summary>
/// What rows of memories must meet: always of one user, and what a filter asks for. Written for the table under the name <c>m</c>; the parameters come
/// first in a statement, in their order.
/// </summary>
internal sealed class MemoryConditions
{
    private readonly List<Func<NpgsqlParameter>> _parameters;

    private MemoryConditions(string sql, List<Func<NpgsqlParameter>> parameters) => (Sql, _parameters) = (sql, parameters);

    /// <summary>The conditions.</summary>
    public string Sql { get; }

    /// <summary>The number of the first parameter that is free.</summary>
    public int NextParameter => _parameters.Count + 1;

    /// <summary>The conditions of a filter, but for metadata.</summary>
    public static MemoryConditions Of(UserKey user, MemoryFilter filter)
    {
        var sql = "m.tenant = $1 AND m.user_id = $2";
        var parameters = new List<Func<NpgsqlParameter>> { () => MemoryRows.Text(user.Tenant), () => MemoryRows.Text(user.User) };
        if (filter.AgentId is { } agent)
        {
            parameters.Add(() => MemoryRows.Text(agent));
            sql += $" AND m.agent = ${parameters.Count}";
        }

        if (filter.From is { } from)
        {
            parameters.Add(() => MemoryRows.Time(MemoryRows.Ceiling(from)));
            sql += $" AND m.created_at >= ${parameters.Count}";
        }

        if (filter.To is { } to)
        {
            parameters.Add(() => MemoryRows.Time(MemoryRows.Ceiling(to)));
            sql += $" AND m.created_at < ${parameters.Count}";
        }

        return new MemoryConditions(sql, parameters);
    }

    /// <summary>These conditions, and one of the ids.</summary>
    public MemoryConditions AndIds(string[] ids)
    {
        List<Func<NpgsqlParameter>> parameters = [.. _parameters, () => new() { Value = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }];
        return new MemoryConditions($"{Sql} AND m.id = ANY(${parameters.Count})", parameters);
    }

    /// <summary>A statement with the parameters of the user only.</summary>
    public NpgsqlBatchCommand UserCommand(string sql) => new(sql) { Parameters = { _parameters[0](), _parameters[1]() } };

    /// <summary>A statement with these parameters; those of its own follow.</summary>
    public NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] more)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in _parameters)
        {
            command.Parameters.Add(parameter());
        }

        foreach (var parameter in more)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
