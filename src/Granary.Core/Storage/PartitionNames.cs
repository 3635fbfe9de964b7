namespace Granary.Core.Storage;

/// <summary>The partition ids of the actors, and back, for maintenance.</summary>
internal static class PartitionNames
{
    private const string SessionPrefix = "session/";
    private const string UserPrefix = "user/";

    // Ids never hold a slash, so the parts cannot run into each other.
    public static string Of(SessionKey key) => $"{SessionPrefix}{key.Tenant}/{key.User}/{key.Session}";

    public static string Of(UserKey key) => $"{UserPrefix}{key.Tenant}/{key.User}";

    /// <summary>Whether the kind is what stands before the first slash.</summary>
    public static bool IsOfKind(string partition, string kind) =>
        partition.Length > kind.Length && partition[kind.Length] == '/' && partition.StartsWith(kind, StringComparison.Ordinal);

    public static bool TryParseUser(string partition, out UserKey key)
    {
        var parts = partition.Split('/');
        var isUser = parts.Length == 3 && partition.StartsWith(UserPrefix, StringComparison.Ordinal);
        key = isUser ? new UserKey(parts[1], parts[2]) : default;
        return isUser;
    }

    public static bool TryParseSession(string partition, out SessionKey key)
    {
        var parts = partition.Split('/');
        var isSession = parts.Length == 4 && partition.StartsWith(SessionPrefix, StringComparison.Ordinal);
        key = isSession ? new SessionKey(parts[1], parts[2], parts[3]) : default;
        return isSession;
    }
}
