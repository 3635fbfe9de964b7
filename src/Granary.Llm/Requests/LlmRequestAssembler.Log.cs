using Microsoft.Extensions.Logging;

namespace Granary.Llm.Requests;

public sealed partial class LlmRequestAssembler
{
    [LoggerMessage(3, LogLevel.Warning, "Session {Session} was not compacted: {Reason}")]
    private partial void LogNotCompacted(string session, string reason);

    [LoggerMessage(4, LogLevel.Information, "The compaction of session {Session} takes longer than {Wait}; the prompt goes on without")]
    private partial void LogCompactionSlow(string session, TimeSpan wait);

    [LoggerMessage(5, LogLevel.Information, "The provider of {Model} did not count the prompt; the estimate holds")]
    private partial void LogCountFailed(Exception exception, string model);
}
