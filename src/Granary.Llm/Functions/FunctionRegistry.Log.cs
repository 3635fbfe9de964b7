using Microsoft.Extensions.Logging;

namespace Granary.Llm.Functions;

public sealed partial class FunctionRegistry
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The function {Name} of {Source} is left out: another one has that name.")]
    private partial void LogNameTaken(string name, string source);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The functions of {Source} are not available.")]
    private partial void LogSourceFailed(Exception failure, string source);
}
