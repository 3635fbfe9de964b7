using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Llm.Audit;

/// <summary>Whose usage of which days.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="User">One user of it, or null for all.</param>
/// <param name="Session">One session of the user, or null for all.</param>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC; at most <see cref="MaxDays"/> days in all.</param>
public sealed record UsageQuery(string Tenant, string? User, string? Session, DateOnly From, DateOnly To)
{
    /// <summary>The most days of one query.</summary>
    public const int MaxDays = 366;

    /// <summary>What to list beside the totals.</summary>
    public UsageGrouping By { get; init; }

    /// <summary>How many entries the list has at the most.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>What usage is listed by.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<UsageGrouping>))]
public enum UsageGrouping
{
    /// <summary>By days.</summary>
    Day,

    /// <summary>By users of the tenant.</summary>
    User,

    /// <summary>By models, over all users of the tenant.</summary>
    Model,

    /// <summary>By sessions of one user.</summary>
    Session,
}

/// <summary>An entry of a list of usage.</summary>
/// <param name="Name">The day (<c>2026-01-31</c>), user, model or session.</param>
/// <param name="Totals">Its sums.</param>
public sealed record UsageGroup(string Name, UsageTotals Totals);

/// <summary>What a query found.</summary>
/// <param name="Totals">The sums over all days.</param>
/// <param name="Groups">Days in their order; users, models and sessions with the most tokens first.</param>
/// <param name="Omitted">Entries beyond the limit, which the totals still hold.</param>
public sealed record UsageReport(UsageTotals Totals, IReadOnlyList<UsageGroup> Groups, int Omitted);
