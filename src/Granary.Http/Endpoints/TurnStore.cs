using System.Diagnostics.CodeAnalysis;
using Granary.Wire;

namespace Granary.Http.Endpoints;

/// <summary>A turn (what the user said, what the agent answered) as an append, and the answer to it.</summary>
internal static class TurnStore
{
    private const string UserMessage = "user_message";

    private const string AgentMessage = "agent_message";

    /// <summary>The append that stores a turn.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="idempotencyKey">Its idempotency key.</param>
    /// <param name="ifMatch">The ETag that the session must have.</param>
    /// <param name="prefix">Where the turn is in the request, to begin the names of fields with.</param>
    public static AppendRequest ToAppend(StoreTurnRequest turn, string? idempotencyKey, string? ifMatch = null, string prefix = "") => new()
    {
        Messages =
        [
            new Message { Role = MessageRole.User, Content = Text(turn.UserMessage, prefix + UserMessage), Timestamp = turn.Timestamp },
            new Message { Role = MessageRole.Assistant, Content = Text(turn.AgentMessage, prefix + AgentMessage), Timestamp = turn.Timestamp },
        ],
        IdempotencyKey = idempotencyKey,
        IfMatch = ifMatch,
        AgentId = turn.AgentId is null ? null : Ids.Require(turn.AgentId, prefix + "agent_id"),
        Resource = turn.Resource is null ? null : Ids.Require(turn.Resource, prefix + "resource"),
    };

    /// <summary>Appends, and names the turn's fields where the session names messages.</summary>
    public static async ValueTask<AppendResult> AppendAsync(ISessionMemory session, AppendRequest append, string prefix = "")
    {
        try
        {
            // No token: what was accepted is finished, whether the caller waits for it or not.
            return await session.AppendAsync(append, CancellationToken.None);
        }
        catch (InvalidRequestException error) when (TryRename(error.Field, prefix, out var field))
        {
            throw new InvalidRequestException(field, error.Rule);
        }
        catch (TooLargeException error) when (TryRename(error.Field, prefix, out var field))
        {
            throw new TooLargeException(field, error.Rule);
        }
    }

    /// <summary>The answer to a turn that was stored.</summary>
    public static StoreTurnResponse ToAnswer(AppendResult stored) => new(
        "success", "Turn stored.", stored.SessionId, stored.Turn, stored.FirstSequence, stored.LastSequence, stored.Messages);

    private static string Text(string? text, string field) => text switch
    {
        null => throw new InvalidRequestException(field, "is required"),
        "" => throw new InvalidRequestException(field, "must not be empty"),
        _ => text,
    };

    private static bool TryRename(string field, string prefix, [NotNullWhen(true)] out string? renamed)
    {
        renamed = field switch
        {
            _ when field.StartsWith("messages[0]", StringComparison.Ordinal) => prefix + UserMessage,
            _ when field.StartsWith("messages[1]", StringComparison.Ordinal) => prefix + AgentMessage,
            _ when prefix.Length > 0 => prefix + field,
            _ => null,
        };
        return renamed is not null;
    }
}
