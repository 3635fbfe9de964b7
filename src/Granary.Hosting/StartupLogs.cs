using Microsoft.Extensions.Logging.Console;

namespace Granary.Hosting;

/// <summary>What is logged. While the server starts, the framework's own errors are held back: the program tells them in one line.</summary>
internal sealed class StartupLogs(LogLevel level)
{
    private const string Framework = "Microsoft.";

    private const string Orleans = "Orleans.";

    /// <summary>What tells a failed start with the stack of every step, and a watchdog whose first look reads a clock that was not set yet.</summary>
    private static readonly string[] OrleansStart = ["Orleans.Runtime.Silo", "Orleans.Lifecycle", "Orleans.Hosting", "Orleans.Runtime.Watchdog"];

    /// <summary>Logs two lines for each request, and so makes an activity for each: costly, and only worth it when looking for something.</summary>
    private const string EachRequest = "Microsoft.AspNetCore.Hosting.Diagnostics";

    private volatile bool _started;

    public void Configure(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter((category, given) => given >= level && given != LogLevel.None && Admits(category ?? "", given));
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
    }

    public void Started() => _started = true;

    private bool Admits(string category, LogLevel given)
    {
        if (category.StartsWith(Orleans, StringComparison.Ordinal))
        {
            return level <= LogLevel.Debug || (given >= LogLevel.Warning && (_started || !OrleansStart.Any(part => category.StartsWith(part, StringComparison.Ordinal))));
        }

        if (!category.StartsWith(Framework, StringComparison.Ordinal))
        {
            return true;
        }

        var verbose = level <= LogLevel.Debug;
        return _started && (verbose || (given >= LogLevel.Warning && category != EachRequest));
    }
}
