using System.Globalization;
using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Identity;
using Granary.Http.Problems;
using Granary.Http.Serialization;
using Granary.Llm.Audit;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Audit;

/// <summary>What calls of models took and cost.</summary>
internal sealed class UsageEndpoints(UsageReader usage, AuditContent content, RequestIdentity identity, TimeProvider time)
{
    private const string Tag = "Usage";

    private const int MaxGroups = 1_000;
    private const int MaxCalls = 100;

    private static readonly RouteParameter UserId = RouteParameter.Query<string>("user_id", "One user; a user's key sees only its own.");
    private static readonly RouteParameter SessionId = RouteParameter.Query<string>("session_id", "One session of the user.");

    public void Map(RouteTable routes) => routes
        .Get("/v1/usage", GranaryScope.User, TotalsAsync, new RouteDescription(Tag, "Read what calls of models took and cost")
        {
            Details = "Sums of a tenant, a user or a session over days (UTC). A call appears about a second after it ended. "
                + "The cost is of the calls whose prices are known; unpriced_calls counts the others. A tenant's sums need a service key.",
            Parameters =
            [
                RouteParameter.User,
                UserId,
                SessionId,
                RouteParameter.Query<DateOnly>("from", "The first day, as 2026-01-31; today if left out."),
                RouteParameter.Query<DateOnly>("to", $"The last day; today if left out. At most {UsageQuery.MaxDays} days in all."),
                RouteParameter.Query<UsageGrouping>("by", "What to list: day (default); user or model of a tenant; session of a user."),
                RouteParameter.Query<int>("limit", $"How many users, models or sessions at the most, 1 to {MaxGroups} (100): those with the most tokens."),
            ],
            Answers = [new RouteAnswer(200, typeof(UsageResponse), "The sums.")],
            Problems = [403, 503],
        })
        .Get("/v1/usage/calls", GranaryScope.User, CallsAsync, new RouteDescription(Tag, "List calls of models")
        {
            Details = "The calls of one day, the oldest first. A page may be empty and not the last one: go on while there is a next.",
            Parameters =
            [
                RouteParameter.User,
                UserId,
                SessionId,
                RouteParameter.Query<DateOnly>("date", "The day (UTC), as 2026-01-31; today if left out."),
                RouteParameter.Query<string>("after", "The next of the page before."),
                RouteParameter.Query<int>("limit", $"How many at the most, 1 to {MaxCalls} (20)."),
            ],
            Answers = [new RouteAnswer(200, typeof(CallsResponse), "The calls.")],
            Problems = [403, 503],
        });

    private async Task TotalsAsync(HttpContext context)
    {
        var request = context.Request;
        var (tenant, user, session) = ScopeOf(context);
        var today = Today;
        var from = Day(request, "from", today);
        var query = new UsageQuery(tenant, user, session, from, Day(request, "to", today))
        {
            By = Grouping(request),
            Limit = (int)RequestValues.Query(request, "limit", 100, 1, MaxGroups),
        };
        var report = await StoreFailures.GuardAsync(() => usage.ReadAsync(query, context.RequestAborted));
        var answer = new UsageResponse
        {
            TenantId = tenant,
            UserId = user,
            SessionId = session,
            From = query.From,
            To = query.To,
            By = query.By,
            Totals = report.Totals,
            Groups = report.Groups,
            Omitted = report.Omitted,
        };
        await JsonAnswer.WriteAsync(context, answer, UsageJson.Default.UsageResponse);
    }

    private async Task CallsAsync(HttpContext context)
    {
        var request = context.Request;
        var (tenant, user, session) = ScopeOf(context);
        var day = Day(request, "date", Today);
        var after = RequestValues.Query(request, "after") is { } cursor ? RequireCursor(cursor) : null;
        var limit = (int)RequestValues.Query(request, "limit", 20, 1, MaxCalls);
        var (calls, next) = await StoreFailures.GuardAsync(() => usage.CallsAsync(tenant, day, user, session, after, limit, context.RequestAborted));
        var answers = new List<CallResponse>(calls.Count);
        foreach (var call in calls)
        {
            answers.Add(new CallResponse(call, await content.QueryAsync(call, context.RequestAborted)));
        }

        await JsonAnswer.WriteAsync(context, new CallsResponse(answers, next), UsageJson.Default.CallsResponse);
    }

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>Whose usage the request may see and asks for.</summary>
    private (string Tenant, string? User, string? Session) ScopeOf(HttpContext context)
    {
        var session = RequestValues.Query(context.Request, "session_id") is { } named ? Ids.Require(named, "session_id") : null;
        if (identity.FindUser(context, RequestValues.Query(context.Request, "user_id")) is { } user)
        {
            return (user.Tenant, user.User, session);
        }

        if (context.Features.Get<Caller>()?.Has(GranaryScope.Tenant) != true)
        {
            throw new AccessDeniedException(ErrorCodes.Forbidden, "The key does not allow a tenant's usage; name a user.");
        }

        return session is null
            ? (RequestIdentity.Tenant(context), null, null)
            : throw new InvalidRequestException("user_id", "is required with session_id (or the header X-User-ID)");
    }

    private static UsageGrouping Grouping(HttpRequest request) => RequestValues.Query(request, "by") switch
    {
        null or "day" => UsageGrouping.Day,
        "user" => UsageGrouping.User,
        "model" => UsageGrouping.Model,
        "session" => UsageGrouping.Session,
        _ => throw new InvalidRequestException("by", "must be one of day, user, model, session"),
    };

    private static DateOnly Day(HttpRequest request, string name, DateOnly fallback)
    {
        if (RequestValues.Query(request, name) is not { } text)
        {
            return fallback;
        }

        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new InvalidRequestException(name, "must be a day such as 2026-01-31");
    }

    private static string RequireCursor(string cursor) =>
        cursor.Length == 32 && cursor.All(char.IsAsciiHexDigitLower) ? cursor : throw new InvalidRequestException("after", "must be the next of the page before");
}
