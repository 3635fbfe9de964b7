using Microsoft.Extensions.Logging;

namespace Granary.Storage.Postgres.Writing;

/// <summary>
/// What the writers of a store know together about the server. Says once in the log when writing starts to fail and once when it works again;
/// a server that flaps is reported once a minute.
/// </summary>
internal sealed partial class WriteHealth(string database, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _lastReport;
    private long _failingSince;
    private long _failures;
    private long _failuresInRow;
    private bool _reported;

    /// <summary>How often writing has failed since the start.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Notes a failed statement.</summary>
    public void Failed(Exception exception)
    {
        lock (_gate)
        {
            _failures++;
            if (_failuresInRow++ > 0)
            {
                return;
            }

            _failingSince = time.GetTimestamp();
            _reported = _lastReport is not { } last || time.GetElapsedTime(last) >= ReportInterval;
            if (_reported)
            {
                _lastReport = _failingSince;
                LogWritingFails(database, ServerErrors.Describe(exception), exception);
            }
        }
    }

    /// <summary>Notes a statement that was committed.</summary>
    public void Succeeded()
    {
        if (Volatile.Read(ref _failuresInRow) == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_reported && _failuresInRow > 0)
            {
                LogWritingRecovered(database, _failuresInRow, time.GetElapsedTime(_failingSince));
            }

            _failuresInRow = 0;
        }
    }
}
