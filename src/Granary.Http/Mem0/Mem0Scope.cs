using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Http.Mem0;

/// <summary>Whose memories a client of mem0 speaks of, and which of them.</summary>
internal sealed class Mem0Scope
{
    /// <summary>Members of bodies that say how to rank or to answer, or ask for what is so anyway.</summary>
    public static readonly IReadOnlySet<string> Hints = new HashSet<string>(StringComparer.Ordinal)
    {
        "rerank", "keyword_search", "reference_date", "latest_only", "fields", "output_format", "version", "source", "enable_graph",
    };

    private readonly List<JsonElement> _conditions = [];
    private DateTimeOffset? _from;
    private DateTimeOffset? _to;
    private IReadOnlyList<string>? _categories;

    /// <summary>The user as the client calls it, or null.</summary>
    public string? User { get; private set; }

    /// <summary>The agent as the client calls it, or null.</summary>
    public string? Agent { get; private set; }

    /// <summary>The application, or null.</summary>
    public string? App { get; private set; }

    /// <summary>The run as the client calls it, or null.</summary>
    public string? Run { get; private set; }

    /// <summary>What names say.</summary>
    public static Mem0Scope Of(string? user, string? agent, string? app, string? run) =>
        new() { User = One(user, "user_id"), Agent = One(agent, "agent_id"), App = One(app, "app_id"), Run = One(run, "run_id") };

    /// <summary>What a body selects.</summary>
    /// <exception cref="InvalidRequestException">Something is not understood; nothing that might narrow is ever ignored.</exception>
    public static Mem0Scope Of(Mem0Selection selection)
    {
        if (selection.Others?.Keys.FirstOrDefault(name => !Hints.Contains(name)) is { } unknown)
        {
            throw new InvalidRequestException(unknown, "is not known here");
        }

        var scope = Of(selection.UserId, selection.AgentId, selection.AppId, selection.RunId);
        if (selection.Filters is { } filters)
        {
            scope.Take(filters, "filters");
        }

        if (selection.Categories is { } categories)
        {
            scope.Take("categories", categories, "categories");
        }

        if (selection.Metadata is { } metadata)
        {
            scope.Take("metadata", metadata, "metadata");
        }

        return scope;
    }

    /// <summary>What a body lists.</summary>
    /// <exception cref="InvalidRequestException">Something is not understood.</exception>
    public static Mem0Scope Of(Mem0ListRequest request)
    {
        var scope = Of((Mem0Selection)request);
        if (request.StartDate is { } start)
        {
            scope.TakeTime("gte", TimeOf(start, "start_date"), "start_date");
        }

        if (request.EndDate is { } end)
        {
            scope.TakeTime("lte", TimeOf(end, "end_date"), "end_date");
        }

        return scope;
    }

    /// <summary>The filter in the memory's own form.</summary>
    public MemoryFilter ToFilter()
    {
        if (App is not null)
        {
            _conditions.Add(JsonSerializer.SerializeToElement(new JsonObject { [$"{Mem0Records.Mark}.app_id"] = App }, Mem0Nodes.Default.JsonObject));
        }

        return new MemoryFilter
        {
            AgentId = Agent is null ? null : Mem0Ids.Of(Agent, "agent_id"),
            SessionId = Run is null ? null : Mem0Ids.Of(Run, "run_id"),
            Categories = _categories,
            From = _from,
            To = _to,
            Metadata = _conditions.Count switch
            {
                0 => null,
                1 => _conditions[0],
                _ => JsonSerializer.SerializeToElement(
                    new JsonObject { ["AND"] = new JsonArray([.. _conditions.Select(condition => JsonNode.Parse(condition.GetRawText()))]) }, Mem0Nodes.Default.JsonObject),
            },
        };
    }

    private void Take(JsonElement filters, string path)
    {
        if (filters.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (filters.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException(path, "must be an object");
        }

        foreach (var member in filters.EnumerateObject())
        {
            Take(member.Name, member.Value, $"{path}.{member.Name}");
        }
    }

    private void Take(string name, JsonElement value, string field)
    {
        switch (name)
        {
            case "AND" when value.ValueKind == JsonValueKind.Array:
                foreach (var (part, index) in value.EnumerateArray().Select((part, index) => (part, index)))
                {
                    Take(part, $"{field}[{index}]");
                }

                break;
            case "user_id":
                User = Only(User, One(Text(value, field), field), field);
                break;
            case "agent_id":
                Agent = Only(Agent, AnyOr(value, field), field);
                break;
            case "app_id":
                App = Only(App, AnyOr(value, field), field);
                break;
            case "run_id":
                Run = Only(Run, AnyOr(value, field), field);
                break;
            case "metadata" when value.ValueKind == JsonValueKind.Object:
                _conditions.Add(value);
                break;
            case "categories":
                _categories = _categories is null ? CategoriesOf(value, field) : throw new InvalidRequestException(field, "is given twice");
                break;
            case "created_at" when value.ValueKind == JsonValueKind.Object:
                foreach (var bound in value.EnumerateObject())
                {
                    var path = $"{field}.{bound.Name}";
                    TakeTime(bound.Name, TimeOf(bound.Value.ValueKind == JsonValueKind.String ? bound.Value.GetString() : null, path), path);
                }

                break;
            default:
                throw new InvalidRequestException(field, "is not understood: user_id, agent_id, app_id, run_id, metadata, categories, created_at are, also inside of AND");
        }
    }

    private void TakeTime(string bound, DateTimeOffset time, string path)
    {
        switch (bound)
        {
            case "gte":
                _from = Later(_from, time);
                break;
            case "gt":
                _from = Later(_from, After(time));
                break;
            case "lt":
                _to = Earlier(_to, time);
                break;
            case "lte":
                _to = Earlier(_to, After(time));
                break;
            default:
                throw new InvalidRequestException(path, "must be one of gte, gt, lt, lte");
        }
    }

    private static DateTimeOffset TimeOf(string? text, string path) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new InvalidRequestException(path, "must be a time in ISO 8601");

    private static DateTimeOffset Later(DateTimeOffset? known, DateTimeOffset given) => known > given ? known.Value : given;

    private static DateTimeOffset Earlier(DateTimeOffset? known, DateTimeOffset given) => known < given ? known.Value : given;

    private static DateTimeOffset After(DateTimeOffset time) => time.UtcDateTime == DateTime.MaxValue ? time : time.AddTicks(1);

    private static IReadOnlyList<string> CategoriesOf(JsonElement value, string path) => value switch
    {
        { ValueKind: JsonValueKind.Array } when value.GetArrayLength() == 0 => throw new InvalidRequestException(path, "must not be empty"),
        { ValueKind: JsonValueKind.String } => [value.GetString()!],
        { ValueKind: JsonValueKind.Array } => [.. value.EnumerateArray().Select(item => Text(item, path))],
        { ValueKind: JsonValueKind.Object } when value.TryGetProperty("in", out var any) && any.ValueKind == JsonValueKind.Array => CategoriesOf(any, path + ".in"),
        { ValueKind: JsonValueKind.Object } when value.TryGetProperty("contains", out var one) => [Text(one, path + ".contains")],
        _ => throw new InvalidRequestException(path, "must be a string, an array of strings, or an object of in or contains"),
    };

    /// <summary>A name that must be one: who deletes those of all, or lists those of all users, must not get those of one who happens to be called *.</summary>
    private static string? One(string? name, string path) =>
        name != "*" ? name : throw new InvalidRequestException(path, "must name one; * is taken inside of filters only, for agent_id, app_id and run_id");

    private static string? AnyOr(JsonElement value, string path) => Text(value, path) is var text && text == "*" ? null : text;

    private static string Text(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new InvalidRequestException(path, "must be a string");

    private static string? Only(string? known, string? given, string field) =>
        known is null || given is null || known == given ? given ?? known : throw new InvalidRequestException(field, "is given twice with different values");
}
