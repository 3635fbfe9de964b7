using Microsoft.Extensions.Logging;

namespace Granary.Llm.Models;

internal sealed partial class ModelSummarizer
{
    [LoggerMessage(1, LogLevel.Warning, "The model {Model} made no summary ({Outcome}); extraction makes it.")]
    private static partial void LogFallback(ILogger logger, Exception exception, string model, string outcome);
}
