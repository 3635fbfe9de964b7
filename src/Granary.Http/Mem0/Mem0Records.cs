using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Granary.Http.Mem0;

/// <summary>Memories of mem0's clients as records, and records as they read them.</summary>
internal static class Mem0Records
{
    /// <summary>The member of a record's metadata that keeps what only mem0's clients know: ids as they call them, the application, who said it.</summary>
    public const string Mark = "mem0";

    /// <summary>The drafts of what is to be added: each message with a text as it was said, but for system messages.</summary>
    public static IReadOnlyList<MemoryDraft> DraftsOf(Mem0AddRequest request, Mem0Scope scope)
    {
        var said = request.Messages switch
        {
            { ValueKind: JsonValueKind.String } text => [(Role: (string?)null, Text: text.GetString()!)],
            { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(MessageOf).ToList(),
            null => throw new InvalidRequestException("messages", "is required"),
            _ => throw new InvalidRequestException("messages", "must be a string or an array of messages"),
        };
        var drafts = said.Where(message => message.Role != "system" && !string.IsNullOrWhiteSpace(message.Text)).Select(message => new MemoryDraft
        {
            Content = message.Text,
            AgentId = scope.Agent is null ? null : Mem0Ids.Of(scope.Agent, "agent_id"),
            Scope = Mem0Ids.OfScope(scope.App, scope.Run),
            Metadata = MetadataOf(request.Metadata, scope, message.Role),
            EventTime = TimeOf(request.Timestamp),
            ExpiresAt = EndOf(request.ExpirationDate),
            Sources = scope.Run is null ? [] : [new MemorySource(Mem0Ids.Of(scope.Run, "run_id"))],
        }).ToList();
        return drafts.Count switch
        {
            0 => throw new InvalidRequestException("messages", "must hold a text"),
            > MemoryLimits.MaxBatch => throw new TooLargeException("messages", $"must hold at most {MemoryLimits.MaxBatch} messages"),
            _ => drafts,
        };
    }

    /// <summary>A record as mem0's clients read it.</summary>
    public static Mem0Memory ViewOf(MemoryRecord record, string user, double? score = null)
    {
        var (own, mark) = Split(record.Metadata);
        return new Mem0Memory
        {
            Id = Mem0Ids.OfMemory(user, record.Id),
            Memory = record.Content,
            UserId = Text(mark, "user_id") ?? user,
            AgentId = Text(mark, "agent_id") ?? (record.AgentId == Ids.DefaultAgent ? null : record.AgentId),
            AppId = Text(mark, "app_id"),
            RunId = Text(mark, "run_id") ?? (record.Sources.Count > 0 ? record.Sources[^1].SessionId : null),
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(record.Content)).AsSpan(0, 16)),
            Categories = record.Category is null ? [] : [record.Category],
            Metadata = own,

            // Clients of mem0 say with a timestamp when a memory was made, and filter by that.
            CreatedAt = record.EventTime ?? record.CreatedAt,
            UpdatedAt = record.UpdatedAt,
            ExpirationDate = DayOf(record.ExpiresAt),
            Score = score,
        };
    }

    /// <summary>The change that an update asks for. New metadata take the place of the caller's own, not of the mark.</summary>
    /// <param name="request">The update.</param>
    /// <param name="record">The record.</param>
    /// <param name="prefix">Where the update is in the request, to begin the names of fields with.</param>
    public static MemoryPatch PatchOf(Mem0UpdateRequest request, MemoryRecord record, string prefix = "") => new()
    {
        Content = request.Text,
        Metadata = request.Metadata is null ? null : Join(request.Metadata, Split(record.Metadata).Mark, prefix),
        EventTime = TimeOf(request.Timestamp, prefix),
        ExpiresAt = EndOf(request.ExpirationDate, prefix),
    };

    private static (string? Role, string Text) MessageOf(JsonElement message, int index)
    {
        var path = $"messages[{index}]";
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException(path, "must be an object");
        }

        var role = message.TryGetProperty("role", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        return !message.TryGetProperty("content", out var content) ? throw new InvalidRequestException(path + ".content", "is required")
            : content.ValueKind switch
            {
                JsonValueKind.String => (role, content.GetString()!),
                JsonValueKind.Null => (role, ""),
                JsonValueKind.Array => (role, string.Join('\n', content.EnumerateArray().Select(PartOf))),
                JsonValueKind.Object => (role, PartOf(content)),
                _ => throw new InvalidRequestException(path + ".content", "must be a string or parts"),
            };
    }

    /// <summary>The text of a part; pictures and files have none.</summary>
    private static string PartOf(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";

    private static JsonElement? MetadataOf(JsonElement? own, Mem0Scope scope, string? role)
    {
        var mark = new JsonObject();
        Add("user_id", Mem0Ids.IsOwn(scope.User) ? null : scope.User);
        Add("agent_id", Mem0Ids.IsOwn(scope.Agent) && scope.Agent != Ids.DefaultAgent ? null : scope.Agent);
        Add("run_id", Mem0Ids.IsOwn(scope.Run) ? null : scope.Run);
        Add("app_id", scope.App);
        Add("role", role);
        return Join(own, mark.Count > 0 ? mark : null);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                mark[name] = value;
            }
        }
    }

    private static JsonElement? Join(JsonElement? own, JsonObject? mark, string prefix = "")
    {
        if (own is { ValueKind: not JsonValueKind.Object })
        {
            throw new InvalidRequestException(prefix + "metadata", "must be a JSON object");
        }

        if (own is null && mark is null)
        {
            return null;
        }

        var joined = own is { } given ? JsonObject.Create(given)! : [];
        joined.Remove(Mark);
        if (mark is not null)
        {
            joined[Mark] = mark;
        }

        return JsonSerializer.SerializeToElement(joined, Mem0Nodes.Default.JsonObject);
    }

    private static (JsonElement? Own, JsonObject? Mark) Split(JsonElement? metadata)
    {
        if (metadata is not { ValueKind: JsonValueKind.Object } given || !given.TryGetProperty(Mark, out var mark) || mark.ValueKind != JsonValueKind.Object)
        {
            return (metadata, null);
        }

        var own = JsonObject.Create(given)!;
        own.Remove(Mark);
        return (own.Count > 0 ? JsonSerializer.SerializeToElement(own, Mem0Nodes.Default.JsonObject) : null, JsonNode.Parse(mark.GetRawText()) as JsonObject);
    }

    private static string? Text(JsonObject? mark, string name) => mark?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static DateTimeOffset? TimeOf(double? seconds, string prefix = "") => seconds switch
    {
        null => null,
        >= 0 and <= 253_402_300_799 => DateTimeOffset.UnixEpoch.AddSeconds(seconds.Value),
        _ => throw new InvalidRequestException(prefix + "timestamp", "must be seconds since 1970"),
    };

    /// <summary>The last day, in UTC, on which a memory is there: a time that ends with a day ends at the next one's first moment.</summary>
    private static string? DayOf(DateTimeOffset? end) => end?.AddTicks(-1).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>When the time of a memory is over that is there through a day, in UTC.</summary>
    private static DateTimeOffset? EndOf(string? day, string prefix = "") => day is null ? null
        : DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && date < DateOnly.MaxValue
            ? new DateTimeOffset(date.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero)
            : throw new InvalidRequestException(prefix + "expiration_date", "must be a day as YYYY-MM-DD, before 9999-12-31");
}

/// <summary>The JSON of nodes.</summary>
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class Mem0Nodes : JsonSerializerContext;
