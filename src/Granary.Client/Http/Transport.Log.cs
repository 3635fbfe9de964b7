using Microsoft.Extensions.Logging;

namespace Granary.Client.Http;

internal sealed partial class Transport
{
    [LoggerMessage(1, LogLevel.Warning, "{Method} {Path} is repeated (repeat {Repeat}) at {Address} after {Pause}: {Reason}")]
    private partial void LogRepeat(HttpMethod method, string path, int repeat, Uri address, TimeSpan pause, string reason);
}
