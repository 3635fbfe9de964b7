using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Granary.Providers.Postgres;

/// <summary>Memories in rows.</summary>
internal static class MemoryRows
{
    /// <summary>The columns that <see cref="Read"/> reads, in its order.</summary>
    public const string Columns = "id, agent, content, metadata::text, created_at, updated_at";

    /// <summary>A memory of a row.</summary>
    public static ProviderMemory Read(NpgsqlDataReader row, string user, string provider) => new()
    {
        Id = row.GetString(0),
        UserId = user,
        AgentId = row.GetString(1),
        Content = row.GetString(2),
        Metadata = MetadataOf(row, 3),
        CreatedAt = new DateTimeOffset(row.GetDateTime(4)),
        UpdatedAt = row.IsDBNull(5) ? null : new DateTimeOffset(row.GetDateTime(5)),
        Provider = provider,
    };

    /// <summary>The metadata of a row.</summary>
    public static JsonElement? MetadataOf(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : JsonElement.Parse(row.GetString(column));

    /// <summary>A text as a parameter.</summary>
    public static NpgsqlParameter Text(string value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>A vector as a parameter, to be cast in two steps: the driver does not know the type.</summary>
    public static NpgsqlParameter Vector(float[] value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Real };

    /// <summary>A time as a parameter.</summary>
    public static NpgsqlParameter Time(DateTimeOffset value) => new() { Value = value.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    /// <summary>A time as PostgreSQL keeps it, in whole microseconds.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>
    /// The first whole microsecond at or after a time: kept times are before the one exactly if they are before the other.
    /// </summary>
    public static DateTimeOffset Ceiling(DateTimeOffset time)
    {
        var below = Truncate(time);
        return below == time ? below : below.Ticks > DateTimeOffset.MaxValue.Ticks - TimeSpan.TicksPerMicrosecond ? DateTimeOffset.MaxValue : below.AddMicroseconds(1);
    }
}
