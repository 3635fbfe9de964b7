using Microsoft.Extensions.Logging;

namespace Granary.Llm.Providers;

internal sealed partial class ProviderTokenCounter
{
    [LoggerMessage(1, LogLevel.Information, "The provider {Provider} did not count tokens, an estimate stands in: {Reason}")]
    private static partial void LogUncounted(ILogger logger, string provider, string reason);
}
