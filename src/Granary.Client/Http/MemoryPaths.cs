using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Granary.Client.Http;

/// <summary>Paths of the routes of long-term memory.</summary>
internal static class MemoryPaths
{
    /// <summary>The path of an export.</summary>
    public static string ExportOf(IReadOnlyList<MemoryState>? states) => Names(states) is { } names ? "memory/export?state=" + names : "memory/export";

    /// <summary>The longest id of a message: <c>turn:</c>, a session, a colon and a number.</summary>
    private const int MaxTurnId = 5 + 128 + 1 + 19;

    public static string Of(string memoryId, string rest = "") => $"memory/memories/{Uri.EscapeDataString(Ids.Require(memoryId, "memory_id"))}{rest}";

    public static string OfTurn(string turnId) =>
        turnId is { Length: <= MaxTurnId } && turnId.StartsWith("turn:", StringComparison.Ordinal)
            ? $"memory/memories/{Uri.EscapeDataString(turnId)}"
            : throw new InvalidRequestException("memory_id", "must be turn:{session}:{sequence}");

    public static string OfUser(string userId, string rest = "") => $"users/{Uri.EscapeDataString(Ids.Require(userId, "user_id"))}{rest}";

    /// <exception cref="InvalidRequestException">The filter asks for what the route has no parameter for.</exception>
    public static string QueryOf(MemoryQuery query)
    {
        var filter = query.Filter;
        if (filter is { Role: not null } or { From: not null } or { To: not null } or { Metadata: not null } or { Categories.Count: > 1 })
        {
            throw new InvalidRequestException("filter", "may have agent, kinds, session and one category: a list narrows down by nothing else");
        }

        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"?limit={query.Limit}");
        if (query.Offset != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"&offset={query.Offset}");
        }

        Add("after", query.After);
        Add("kind", Names(filter.Kinds));
        Add("state", Names(query.States));
        Add("agent_id", filter.AgentId);
        Add("category", filter.Categories is { Count: 1 } categories ? categories[0] : null);
        Add("session_id", filter.SessionId);
        return text.ToString();

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                text.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }

    private static string? Names<T>(IReadOnlyList<T>? values)
        where T : struct, Enum =>
        values is { Count: > 0 } ? string.Join(',', values.Select(value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()))) : null;
}
