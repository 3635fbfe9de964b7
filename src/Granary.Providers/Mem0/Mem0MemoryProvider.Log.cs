using Microsoft.Extensions.Logging;

namespace Granary.Providers.Mem0;

public sealed partial class Mem0MemoryProvider
{
    [LoggerMessage(30, LogLevel.Error, "The service of the memory provider {Provider} answered memories of another user; the call failed and nothing of them was passed on.")]
    private partial void LogForeign(string provider);
}
