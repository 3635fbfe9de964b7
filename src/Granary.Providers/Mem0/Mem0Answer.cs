using System.Globalization;
using System.Text.Json;

namespace Granary.Providers.Mem0;

/// <summary>What a service answered, in any of the forms that services have.</summary>
internal sealed class Mem0Answer
{
    private static readonly string[] Lists = ["results", "memories"];

    private readonly JsonElement _root;

    public Mem0Answer(JsonElement root)
    {
        _root = root;
        Items = ItemsOf(root);
    }

    /// <summary>The memories: a bare array, <c>results</c>, <c>memories</c>, or the answer itself where it is one.</summary>
    public IReadOnlyList<JsonElement> Items { get; }

    /// <summary>How many there are in all, or null where the service does not say.</summary>
    public int? Count => Number(_root, "count") ?? Number(_root, "total");

    /// <summary>Whether the service says that this is a page of several.</summary>
    public bool IsPage => Count is not null || Has(_root, "next") || Has(_root, "previous");

    /// <summary>The id of what was added, or null.</summary>
    public string? AddedId => Items.Select(IdOf).FirstOrDefault(id => id is not null) ?? IdOf(_root);

    /// <summary>The event that tells when the service is done, or null.</summary>
    public string? EventId => Text(_root, "event_id") ?? Items.Select(item => Text(item, "event_id")).FirstOrDefault(id => id is not null);

    /// <summary>Whether the service is still at it.</summary>
    public bool IsPending => StatusOf(_root) is "PENDING" or "RUNNING" or "QUEUED" || Items.Any(item => StatusOf(item) is "PENDING" or "RUNNING" or "QUEUED");

    /// <summary>Whether the service failed at it.</summary>
    public bool IsFailed => StatusOf(_root) is "FAILED";

    /// <summary>The id of a memory, or null.</summary>
    public static string? IdOf(JsonElement item) => Text(item, "memory_id") ?? Text(item, "id");

    /// <summary>The text of a memory, or null.</summary>
    public static string? ContentOf(JsonElement item) =>
        Text(item, "memory") ?? Text(item, "content") ?? Text(item, "text")
        ?? (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("data", out var data) ? Text(data, "memory") : null);

    /// <summary>Whether the service says that it kept the memory already.</summary>
    public static bool IsNone(JsonElement item) => string.Equals(Text(item, "event"), "NONE", StringComparison.OrdinalIgnoreCase);

    /// <summary>A time of a memory, or null.</summary>
    public static DateTimeOffset? TimeOf(JsonElement item, string name) =>
        Text(item, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
                && value.TryGetDouble(out var seconds) && seconds is >= 0 and < 253_402_300_799
                ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
                : null;

    /// <summary>How well a memory fits, 0 to 1, or null.</summary>
    public static double? ScoreOf(JsonElement item)
    {
        foreach (var name in (string[])["score", "similarity_score"])
        {
            if (item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var score) && double.IsFinite(score))
            {
                return Math.Clamp(score, 0, 1);
            }
        }

        return null;
    }

    /// <summary>A member that is a text that is not empty, or null.</summary>
    public static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) ? value.ValueKind switch
        {
            JsonValueKind.String when value.GetString() is { Length: > 0 } text => text,

            // Some services count their memories.
            JsonValueKind.Number when name is "id" or "memory_id" => value.GetRawText(),
            _ => null,
        }
        : null;

    private static List<JsonElement> ItemsOf(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            return [.. root.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object)];
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        foreach (var name in Lists)
        {
            if (root.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
            {
                return ItemsOf(list);
            }
        }

        return IdOf(root) is not null && ContentOf(root) is not null ? [root] : [];
    }

    // "event" names what was done with a memory, but services that put work off say PENDING there too.
    private static string? StatusOf(JsonElement item) => (Text(item, "status") ?? Text(item, "event"))?.ToUpperInvariant();

    private static int? Number(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0
            ? number
            : null;

    private static bool Has(JsonElement item, string name) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out _);
}
