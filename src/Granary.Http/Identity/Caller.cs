namespace Granary.Http.Identity;

/// <summary>Who calls, as far as the credential says. One instance for each key, so that a request allocates none.</summary>
internal sealed class Caller
{
    private readonly int _scopes;

    private Caller(string name, string? tenant, string? user, IEnumerable<GranaryScope> scopes)
    {
        Name = name;
        Tenant = tenant;
        User = user;
        _scopes = scopes.Aggregate(0, (bits, scope) => bits | (1 << (int)scope));
    }

    /// <summary>A caller of a server without keys: tenant and user are what the request says.</summary>
    public static Caller Anonymous { get; } =
        new("anonymous", null, null, [GranaryScope.User, GranaryScope.Tenant, GranaryScope.Service, GranaryScope.Admin]);

    /// <summary>A name for logs and limits.</summary>
    public string Name { get; }

    /// <summary>The tenant that the key is bound to, or null for any.</summary>
    public string? Tenant { get; }

    /// <summary>The user that the key is bound to, or null for any.</summary>
    public string? User { get; }

    public static Caller Of(ApiKeyOptions key) => new(key.Name ?? key.Hash[..8].ToLowerInvariant(), key.Tenant, key.User, key.Granted());

    public bool Has(GranaryScope scope) => (_scopes & (1 << (int)scope)) != 0;
}
