using Microsoft.Extensions.Logging;

namespace Granary.Llm.Agents;

public sealed partial class MemoryProxy
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The agent could not answer.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A listener of the agent's events failed.")]
    private partial void LogListenerFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The registry's function {Name} is left out: the agent has one of that name.")]
    private partial void LogNameTaken(string name);
}
