using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Http.Mem0;

/// <summary>Body of <c>POST /v3/memories/add/</c> and <c>POST /v1/memories/</c>, as clients of mem0 send it.</summary>
internal sealed record Mem0AddRequest
{
    /// <summary>A text, or messages of <c>role</c> and <c>content</c>.</summary>
    public JsonElement? Messages { get; init; }

    /// <summary>The user; outside of the grammar of ids it stands for one made of its hash.</summary>
    public string? UserId { get; init; }

    /// <summary>The agent.</summary>
    public string? AgentId { get; init; }

    /// <summary>The application.</summary>
    public string? AppId { get; init; }

    /// <summary>The run, which is the session that the memories come from.</summary>
    public string? RunId { get; init; }

    /// <summary>The caller's own JSON object.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>When it was said, in seconds since 1970.</summary>
    public double? Timestamp { get; init; }

    /// <summary>The day after which it is not recalled.</summary>
    public string? ExpirationDate { get; init; }
}

/// <summary>Which memories a body selects: those that meet all of it.</summary>
internal abstract record Mem0Selection
{
    /// <summary>The user, where the filters do not name one.</summary>
    public string? UserId { get; init; }

    /// <summary>The agent, where the filters do not name one.</summary>
    public string? AgentId { get; init; }

    /// <summary>The application, where the filters do not name one.</summary>
    public string? AppId { get; init; }

    /// <summary>The run, where the filters do not name one.</summary>
    public string? RunId { get; init; }

    /// <summary><c>user_id</c>, <c>agent_id</c>, <c>app_id</c>, <c>run_id</c>, <c>metadata</c>, <c>categories</c>, <c>created_at</c>, also inside of <c>AND</c>.</summary>
    public JsonElement? Filters { get; init; }

    /// <summary>Only those of these categories, where the filters name none.</summary>
    public JsonElement? Categories { get; init; }

    /// <summary>Only those whose metadata meet this condition too.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>Whether those count whose time is over; they can be listed, not searched for.</summary>
    public bool? ShowExpired { get; init; }

    /// <summary>Hints that narrow nothing (<see cref="Mem0Scope.Hints"/>), and what is not understood, which is refused.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>Body of <c>POST /v3/memories/search/</c> and <c>POST /v1/memories/search/</c>.</summary>
internal sealed record Mem0SearchRequest : Mem0Selection
{
    /// <summary>What to look for.</summary>
    public string? Query { get; init; }

    /// <summary>How many at the most, 1 to 1,000.</summary>
    public int? TopK { get; init; }

    /// <summary>The same, by its older name.</summary>
    public int? Limit { get; init; }

    /// <summary>Only hits of at least this score, 0 to 1.</summary>
    public double? Threshold { get; init; }
}

/// <summary>Body of <c>POST /v3/memories/</c>.</summary>
internal sealed record Mem0ListRequest : Mem0Selection
{
    /// <summary>Only those made then or later, in ISO 8601.</summary>
    public string? StartDate { get; init; }

    /// <summary>Only those made until then, in ISO 8601; a day is its first moment.</summary>
    public string? EndDate { get; init; }
}

/// <summary>Body of <c>PUT /v1/memories/{memory_id}/</c>, and an item of a batch.</summary>
internal sealed record Mem0UpdateRequest
{
    /// <summary>In a batch: the memory.</summary>
    public string? MemoryId { get; init; }

    /// <summary>The new text.</summary>
    public string? Text { get; init; }

    /// <summary>The new metadata.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>When it was said, in seconds since 1970.</summary>
    public double? Timestamp { get; init; }

    /// <summary>The day after which it is not recalled.</summary>
    public string? ExpirationDate { get; init; }
}

/// <summary>Body of <c>PUT</c> and <c>DELETE /v1/batch/</c>.</summary>
internal sealed record Mem0BatchRequest
{
    /// <summary>1 to 1,000 memories.</summary>
    public IReadOnlyList<Mem0UpdateRequest>? Memories { get; init; }
}

/// <summary>A memory as clients of mem0 read it.</summary>
internal sealed record Mem0Memory
{
    public required string Id { get; init; }

    public required string Memory { get; init; }

    public required string UserId { get; init; }

    public string? AgentId { get; init; }

    public string? AppId { get; init; }

    public string? RunId { get; init; }

    public required string Hash { get; init; }

    public required IReadOnlyList<string> Categories { get; init; }

    public JsonElement? Metadata { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public string? ExpirationDate { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Score { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MemoryEvent? Event { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Mem0Data? Data { get; init; }
}

/// <summary>What was added.</summary>
internal sealed record Mem0Data(string Memory);

/// <summary>Answer of an addition.</summary>
internal sealed record Mem0AddResponse(string? MemoryId, string Status, string Message, IReadOnlyList<Mem0Memory> Results);

/// <summary>Answer of a search; <c>memories</c> is what older clients read.</summary>
internal sealed record Mem0SearchResponse(
    IReadOnlyList<Mem0Memory> Results, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Mem0Memory>? Memories = null);

/// <summary>A page of memories.</summary>
internal sealed record Mem0Page(int Count, string? Next, string? Previous, IReadOnlyList<Mem0Memory> Results);

/// <summary>A change of a memory.</summary>
internal sealed record Mem0Change(
    string Id, string MemoryId, IReadOnlyList<string> Input, string? OldMemory, string? NewMemory, string UserId, IReadOnlyList<string> Categories, MemoryEvent Event,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Whoever has memories.</summary>
internal sealed record Mem0Entity(string Id, string Name, string Type, int TotalMemories, string? Owner, DateTimeOffset? CreatedAt, DateTimeOffset? UpdatedAt);

/// <summary>A page of those who have memories.</summary>
internal sealed record Mem0Entities(int Count, string? Next, string? Previous, IReadOnlyList<Mem0Entity> Results);

/// <summary>Something was done.</summary>
internal sealed record Mem0Message(string Message);

/// <summary>Answer of <c>GET /v1/ping/</c>.</summary>
internal sealed record Mem0Ping(string Status, string Message, string? OrgId, string? ProjectId, string? UserEmail);

/// <summary>The JSON of the routes of mem0.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, AllowDuplicateProperties = false, MaxDepth = 64)]
[JsonSerializable(typeof(Mem0AddRequest))]
[JsonSerializable(typeof(Mem0SearchRequest))]
[JsonSerializable(typeof(Mem0ListRequest))]
[JsonSerializable(typeof(Mem0UpdateRequest))]
[JsonSerializable(typeof(Mem0BatchRequest))]
[JsonSerializable(typeof(Mem0Memory))]
[JsonSerializable(typeof(Mem0AddResponse))]
[JsonSerializable(typeof(Mem0SearchResponse))]
[JsonSerializable(typeof(Mem0Page))]
[JsonSerializable(typeof(IReadOnlyList<Mem0Change>))]
[JsonSerializable(typeof(Mem0Entities))]
[JsonSerializable(typeof(Mem0Message))]
[JsonSerializable(typeof(Mem0Ping))]
internal sealed partial class Mem0Json : JsonSerializerContext;
