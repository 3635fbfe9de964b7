using System.Diagnostics.Metrics;

namespace Granary.Storage.Sqlite;

/// <summary>What the store measures, under the meter <c>Granary.Storage.Sqlite</c>.</summary>
internal sealed class SqliteStoreInstruments : IDisposable
{
    public const string MeterName = "Granary.Storage.Sqlite";

    private readonly Meter _meter;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _groups;
    private readonly Histogram<int> _groupSize;
    private readonly Histogram<double> _groupDuration;
    private readonly Histogram<double> _checkpointDuration;
    private readonly Counter<long> _errors;

    public SqliteStoreInstruments(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _commits = _meter.CreateCounter<long>("granary.sqlite.commits", "{commit}", "Writes answered, refused ones included.");
        _groups = _meter.CreateCounter<long>("granary.sqlite.groups", "{transaction}", "Durable transactions.");
        _groupSize = _meter.CreateHistogram<int>("granary.sqlite.group.size", "{commit}", "Writes per durable transaction.");
        _groupDuration = _meter.CreateHistogram<double>("granary.sqlite.group.duration", "s", "Time of a durable transaction, its sync included.");
        _checkpointDuration = _meter.CreateHistogram<double>("granary.sqlite.checkpoint.duration", "s", "Time of copying the log into the database.");
        _errors = _meter.CreateCounter<long>("granary.sqlite.errors", "{error}", "Failures of the medium by operation: read, write or checkpoint.");
    }

    /// <summary>The meter itself, so that a test can listen to one store among several.</summary>
    public Meter Meter => _meter;

    public void GroupCommitted(int writes, TimeSpan duration)
    {
        _commits.Add(writes);
        _groups.Add(1);
        _groupSize.Record(writes);
        _groupDuration.Record(duration.TotalSeconds);
    }

    public void Checkpointed(TimeSpan duration) => _checkpointDuration.Record(duration.TotalSeconds);

    public void Failed(string operation) => _errors.Add(1, new KeyValuePair<string, object?>("operation", operation));

    public void Dispose() => _meter.Dispose();
}
