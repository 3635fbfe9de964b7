using Microsoft.Extensions.Logging;

namespace Granary.Llm.Providers;

internal sealed partial class ChatModels
{
    [LoggerMessage(1, LogLevel.Warning, "The provider {Provider} did not answer for the model {Model} ({Status}); the next one, {Next}, is asked.")]
    private static partial void LogFallback(ILogger logger, string provider, string model, int status, string next);
}
