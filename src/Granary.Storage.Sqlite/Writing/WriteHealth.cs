using Granary.Storage.Sqlite.Interop;
using Microsoft.Extensions.Logging;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>Says once in the log when writing starts to fail and once when it works again; a medium that flaps is reported once a minute.</summary>
internal sealed partial class WriteHealth(string folder, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    private long? _lastReport;
    private long _failingSince;
    private long _failures;
    private bool _reported;

    public bool IsFailing => _failures > 0;

    /// <summary>Notes a failed transaction.</summary>
    public void Failed(Exception exception)
    {
        if (_failures++ > 0)
        {
            return;
        }

        _failingSince = time.GetTimestamp();
        _reported = _lastReport is not { } last || time.GetElapsedTime(last) >= ReportInterval;
        if (_reported)
        {
            _lastReport = _failingSince;
            LogWritingFails(folder, Describe(exception), exception);
        }
    }

    /// <summary>Notes a transaction that was made durable.</summary>
    public void Succeeded()
    {
        if (_failures == 0)
        {
            return;
        }

        if (_reported)
        {
            LogWritingRecovered(folder, _failures, time.GetElapsedTime(_failingSince));
        }

        _failures = 0;
    }

    /// <summary>What failed, without paths or content.</summary>
    public static string Describe(Exception exception) =>
        exception is SqliteFailure failure ? failure.Advice : $"The store's writer failed ({exception.GetType().Name}).";
}
