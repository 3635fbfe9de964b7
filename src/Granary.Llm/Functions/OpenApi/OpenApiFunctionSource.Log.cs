using Microsoft.Extensions.Logging;

namespace Granary.Llm.Functions.OpenApi;

internal sealed partial class OpenApiFunctionSource
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The HTTP API {Name} is not available; its functions are left out.")]
    private partial void LogUnavailable(Exception failure, string name);
}
