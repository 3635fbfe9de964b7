using System.Text.Json;
using Granary.Serialization;
using Granary.Wire;

namespace Granary.Client.Tests.Support;

/// <summary>Answers of a service, written by the same generated code that a service uses.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Time = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly TokenUsage Tokens = new(10, 0, 0, 10, 8192);

    public static readonly SessionHealth Health = new()
    {
        Healthy = true, ActualStrategy = "turn_buffer", ConsecutiveFailures = 0, CurrentTokens = 10, MessageCount = 2,
    };

    public static string Started(string session = "s1", bool restored = false, string? previous = null) => Json(
        new StartSessionResponse
        {
            SessionId = session, UserId = "ada", AgentId = "default", ActiveContext = [new(1, [Message(1)])], CumulativeSummary = "",
            Restored = restored, PreviousSessionId = previous, Epoch = 1, LastSequence = 1, TurnCount = 1,
        },
        GranaryJson.Default.StartSessionResponse);

    public static string Ended => Json(new EndSessionResponse("success", "Ended.", true, "They spoke.", ["speech"], 3), GranaryJson.Default.EndSessionResponse);

    public static string Appended => Json(
        new AppendResult("s1", 3, 4, [new("msg_3", 3), new("msg_4", 4, Redacted: true)]), GranaryJson.Default.AppendResult);

    public static StoreTurnResponse Stored => new("success", "Stored.", "s1", 2, 3, 4, [new("msg_3", 3), new("msg_4", 4)]);

    public static string StoredJson => Json(Stored, GranaryJson.Default.StoreTurnResponse);

    public static ContextResponse Context => new()
    {
        SessionId = "s1", UserId = "ada", ActiveContext = [new(1, [Message(1)])], CumulativeSummary = "", Epoch = 1, LastSequence = 1,
        TurnCount = 1, TokenCount = 10, Tokens = Tokens, OmittedMessages = 0,
    };

    public static string ContextJson => Json(Context, GranaryJson.Default.ContextResponse);

    public static SessionListing Listing(string session) => new()
    {
        SessionId = session, AgentId = "default", Status = SessionStatus.Active, StartTime = Time, LastUpdated = Time, TurnCount = 1,
        LastSequence = 2, CumulativeSummary = "", Topics = [],
    };

    public static SessionInfo Info => new()
    {
        SessionId = "s1", UserId = "ada", AgentId = "default", Status = SessionStatus.Active, Resource = "default", ResourceRevision = 1,
        StartTime = Time, LastUpdated = Time, LastSequence = 2, TurnCount = 1, MessageCount = 2, TotalTokens = 10,
        RoleDistribution = new Dictionary<string, long> { ["user"] = 1 }, Epoch = 1, ActiveMessages = 2, TokenUsage = Tokens,
        CumulativeSummary = "", Topics = [], Health = Health, ETag = "\"2-1\"",
    };

    public static Message Message(long sequence) => new()
    {
        Id = $"msg_{sequence}", Role = MessageRole.User, Content = $"message {sequence}", Sequence = sequence, Turn = (int)sequence,
    };

    public static SessionHeaderRecord Header(long last, int epoch = 1) => new()
    {
        Version = 1, SessionId = "s1", UserId = "ada", AgentId = "default", Status = SessionStatus.Active, Resource = "default",
        StartTime = Time, Epoch = epoch, LastSequence = last,
    };

    public static AppendRecord Append(long sequence) => new() { Messages = [Message(sequence)] };

    public static EpochRecord Epoch(int epoch) => new()
    {
        Epoch = epoch, StartTime = Time, Snapshot = Snapshot.Empty, TailStart = 2, Kept = [], AtSequence = 2, Cause = "turn_buffer",
    };

    public static string Line(SessionRecord record) => Json(record, GranaryJson.Default.SessionRecord) + "\n";

    public static string Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);
}
