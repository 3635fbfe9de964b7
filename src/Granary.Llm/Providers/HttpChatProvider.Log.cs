using Microsoft.Extensions.Logging;

namespace Granary.Llm.Providers;

internal sealed partial class HttpChatProvider
{
    [LoggerMessage(1, LogLevel.Information, "The provider {Provider} failed ({Reason}); repeat {Attempt} follows in {Delay}.")]
    private static partial void LogRepeating(ILogger logger, string provider, string reason, int attempt, TimeSpan delay);

    [LoggerMessage(2, LogLevel.Warning, "The circuit of the provider {Provider} is now {State}.")]
    private static partial void LogCircuit(ILogger logger, string provider, string state);

    [LoggerMessage(3, LogLevel.Warning, "The provider {Provider} began an answer and fell silent; the answer was given up.")]
    private static partial void LogSilent(ILogger logger, string provider);
}
