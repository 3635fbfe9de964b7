using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Llm.Audit;

/// <summary>Where the audit is stored: a partition for each day of a tenant, with its calls in the order of time and its totals.</summary>
/// <remarks>
/// <c>c:{id}</c> a call; <c>t</c> the tenant's totals; <c>u:{user}</c>, <c>m:{model}</c>, <c>s:{user}:{session}</c> those of a user, a model, a
/// session. Names are hashed, because two ids of 128 characters, escaped, are longer than a document's id may be.
/// </remarks>
internal static class AuditPartitions
{
    /// <summary>The kind of the partitions: what their ids begin with.</summary>
    public const string Kind = "audit";

    public const string CallPrefix = "c:";
    public const string TenantTotals = "t";
    public const string UserPrefix = "u:";
    public const string ModelPrefix = "m:";

    private const string DayFormat = "yyyy-MM-dd";

    public static string Of(string tenant, DateOnly day) => $"{Kind}/{tenant}/{day.ToString(DayFormat, CultureInfo.InvariantCulture)}";

    public static bool TryParseDay(string partition, out DateOnly day)
    {
        day = default;
        var parts = partition.Split('/');
        return parts.Length == 3 && parts[0] == Kind && DateOnly.TryParseExact(parts[2], DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
    }

    public static string OfCall(string id) => CallPrefix + id;

    public static string OfUser(string user) => UserPrefix + Hash(user);

    public static string OfModel(string model) => ModelPrefix + Hash(model);

    public static string OfSession(string user, string session) => SessionPrefix(user) + Hash(session);

    public static string SessionPrefix(string user) => $"s:{Hash(user)}:";

    /// <summary>When a day's partition is to be erased: so many days after its last moment.</summary>
    public static DateTimeOffset DueAt(DateOnly day, int retentionDays) =>
        new(day.AddDays(1 + retentionDays).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    /// <summary>128 bits of SHA-256: nobody can choose two names with the same totals.</summary>
    private static string Hash(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
}
