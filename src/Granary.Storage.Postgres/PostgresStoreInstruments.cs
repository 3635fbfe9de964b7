using System.Diagnostics.Metrics;

namespace Granary.Storage.Postgres;

/// <summary>What the store measures, under the meter <c>Granary.Storage.Postgres</c>.</summary>
internal sealed class PostgresStoreInstruments : IDisposable
{
    public const string MeterName = "Granary.Storage.Postgres";

    private readonly Meter _meter;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _groups;
    private readonly Histogram<int> _groupSize;
    private readonly Histogram<double> _groupDuration;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _errors;

    public PostgresStoreInstruments(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _commits = _meter.CreateCounter<long>("granary.postgres.commits", "{commit}", "Commits answered, refused ones included.");
        _groups = _meter.CreateCounter<long>("granary.postgres.groups", "{transaction}", "Durable groups of commits.");
        _groupSize = _meter.CreateHistogram<int>("granary.postgres.group.size", "{commit}", "Commits per group.");
        _groupDuration = _meter.CreateHistogram<double>("granary.postgres.group.duration", "s", "Time of a group, its sync included.");
        _connections = _meter.CreateCounter<long>("granary.postgres.writer.connections", "{connection}", "Connections that writers opened.");
        _errors = _meter.CreateCounter<long>("granary.postgres.errors", "{error}", "Failures of the server or the way to it, by operation: read, write or sweep (the deletion of what was erased).");
    }

    /// <summary>The meter itself, so that a test can listen to one store among several.</summary>
    public Meter Meter => _meter;

    public void GroupCommitted(int commits, TimeSpan duration)
    {
        _commits.Add(commits);
        _groups.Add(1);
        _groupSize.Record(commits);
        _groupDuration.Record(duration.TotalSeconds);
    }

    public void Connected() => _connections.Add(1);

    public void Failed(string operation) => _errors.Add(1, new KeyValuePair<string, object?>("operation", operation));

    public void Dispose() => _meter.Dispose();
}
