namespace Granary.Orleans.Grains;

/// <summary>Keys of sessions and users as keys of grains: their parts with slashes between, which ids never hold.</summary>
internal static class GrainKeys
{
    public static string Of(SessionKey key) => $"{key.Tenant}/{key.User}/{key.Session}";

    public static string Of(UserKey key) => $"{key.Tenant}/{key.User}";

    public static SessionKey Session(string key)
    {
        var parts = key.Split('/');
        return new SessionKey(parts[0], parts[1], parts[2]);
    }

    public static UserKey User(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return new UserKey(key[..slash], key[(slash + 1)..]);
    }
}
