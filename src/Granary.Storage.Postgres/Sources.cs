using Npgsql;

namespace Granary.Storage.Postgres;

/// <summary>
/// Where connections come from: a pool for reads, one for the deletion of what was erased, and the writers' own outside of any pool, so that none
/// takes another's.
/// </summary>
internal static class Sources
{
    private const string DefaultName = "Granary";
    private const string Primary = "primary";
    private const string ReadWrite = "read-write";

    /// <summary>More than the reads there are.</summary>
    private const int PreparedReads = 16;

    /// <summary>Bytes of a connection's buffer for what writers send: a usual group in few pieces.</summary>
    private const int WriterBuffer = 64 * 1024;

    /// <summary>
    /// Seconds that the deletion of one part may take, where other statements end after Granary:Postgres:CommandTimeout: one that is rolled back each
    /// time would never succeed.
    /// </summary>
    private const int SweepSeconds = 10 * 60;

    public static NpgsqlDataSource ForReading(PostgresStoreOptions options)
    {
        var builder = Common(options);
        builder.Pooling = true;
        builder.MaxPoolSize = options.MaxReaders;
        builder.MinPoolSize = Math.Min(builder.MinPoolSize, options.MaxReaders);

        // Reads leave nothing behind in a session that would have to be reset.
        builder.NoResetOnClose = true;
        if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = PreparedReads;
            builder.AutoPrepareMinUsages = 2;
        }

        return Create(builder);
    }

    public static NpgsqlDataSource ForWriting(PostgresStoreOptions options)
    {
        var builder = Common(options);
        builder.Pooling = false;
        builder.WriteBufferSize = WriterBuffer;
        return Create(builder);
    }

    public static NpgsqlDataSource ForSweeping(PostgresStoreOptions options)
    {
        var builder = Common(options);
        builder.Pooling = true;
        (builder.MinPoolSize, builder.MaxPoolSize) = (0, 1);
        builder.NoResetOnClose = true;
        builder.CommandTimeout = Math.Max(builder.CommandTimeout, SweepSeconds);
        return Create(builder);
    }

    /// <summary>
    /// Whether a store may be told to choose among several servers in this way. Only a primary has what was acknowledged a moment ago; what
    /// could lead reads to a standby is refused.
    /// </summary>
    public static bool AllowsTarget(string? attributes) =>
        attributes is null || attributes.Equals(Primary, StringComparison.OrdinalIgnoreCase) || attributes.Equals(ReadWrite, StringComparison.OrdinalIgnoreCase);

    private static NpgsqlDataSource Create(NpgsqlConnectionStringBuilder builder)
    {
        var target = ReadWrite.Equals(builder.TargetSessionAttributes, StringComparison.OrdinalIgnoreCase)
            ? TargetSessionAttributes.ReadWrite
            : TargetSessionAttributes.Primary;

        // A source takes this as an argument and refuses it in the text; with one server there is nothing to choose.
        builder.TargetSessionAttributes = null;
        return builder.Host!.Contains(',', StringComparison.Ordinal)
            ? new NpgsqlDataSourceBuilder(builder.ConnectionString).BuildMultiHost().WithTargetSession(target)
            : NpgsqlDataSource.Create(builder);
    }

    private static NpgsqlConnectionStringBuilder Common(PostgresStoreOptions options)
    {
        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds),
            Enlist = false,
            Multiplexing = false,
            TcpKeepAlive = true,

            // Details repeat the values of a row: they would bring ids into logs.
            IncludeErrorDetail = false,
        };
        builder.ApplicationName ??= DefaultName;
        return builder;
    }
}
