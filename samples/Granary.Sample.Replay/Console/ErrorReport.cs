using Granary.Client;
using Granary.Sample.Replay.Conversations;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace Granary.Sample.Replay.Console;

/// <summary>Tells a person what went wrong and what to do.</summary>
internal static class ErrorReport
{
    /// <summary>Whether this is an error that a person can act on; all others are faults of this program.</summary>
    public static bool Knows(Exception error) =>
        error is MemoryException or ConversationFileException or OptionsValidationException or OperationCanceledException;

    public static int Show(IAnsiConsole console, Exception error)
    {
        var (what, fix) = Describe(error);
        console.MarkupLineInterpolated($"[red]{what}[/]");
        if (fix is not null)
            console.WriteLine(fix);
        return 1;
    }

    private static (string What, string? Fix) Describe(Exception error) => error switch
    {
        OperationCanceledException => ("Stopped.", null),
        OptionsValidationException options => (string.Join(' ', options.Failures), null),
        UnavailableException { Code: ClientErrorCodes.Unreachable or ClientErrorCodes.DeadlineExceeded } =>
            (error.Message, "Is the service running? Start it in another terminal: dotnet run --project src/Granary.Server\nOr say where it is: --url http://host:8000"),
        UnavailableException { Code: ClientErrorCodes.MalformedAnswer } =>
            (error.Message, "Is this the address of a Granary service? Say where it is: --url http://host:8000"),
        AccessDeniedException => (error.Message, "Give a service key of that server: --key KEY"),
        MemoryException memory when memory.GetTraceId() is { } trace => ($"{memory.Message} ({memory.Code})", $"The service's log has it under trace id {trace}."),
        _ => (error.Message, null),
    };
}
