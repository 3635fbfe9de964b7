namespace Granary.Http.Identity;

/// <summary>A key that callers may present (<c>Granary:Keys</c>). Only its hash is kept.</summary>
public sealed class ApiKeyOptions
{
    /// <summary>SHA-256 of the key's UTF-8 bytes in hexadecimal, 64 digits.</summary>
    public string Hash { get; set; } = "";

    /// <summary>The tenant that the key is bound to.</summary>
    public string Tenant { get; set; } = "";

    /// <summary>The user that the key is bound to; null makes it a service key, which may name any user of the tenant.</summary>
    public string? User { get; set; }

    /// <summary>
    /// What the key may do: <c>user</c>, <c>tenant</c>, <c>service</c>, <c>admin</c>. Null: a user key has <c>user</c>, a service key all but <c>admin</c>.
    /// </summary>
    public IList<string>? Scopes { get; set; }

    /// <summary>A name for logs; never the key.</summary>
    public string? Name { get; set; }

    /// <summary>What is wrong with the entry, each message naming the setting and the fix.</summary>
    /// <param name="path">The setting's name, for example <c>Granary:Keys:0</c>.</param>
    internal IEnumerable<string> Validate(string path)
    {
        if (Hash.Length != 64 || !Hash.All(char.IsAsciiHexDigit))
        {
            yield return $"{path}:Hash must be the SHA-256 of the key in 64 hexadecimal digits, not the key itself; make one with 'key new --tenant NAME'.";
        }

        if (!Ids.IsValid(Tenant))
        {
            yield return $"{path}:Tenant {Ids.Rule}.";
        }

        if (User is not null && !Ids.IsValid(User))
        {
            yield return $"{path}:User {Ids.Rule}; leave it out for a service key.";
        }

        foreach (var scope in Scopes ?? [])
        {
            if (!TryParseScope(scope, out var parsed))
            {
                yield return $"{path}:Scopes must be user, tenant, service or admin, not '{scope}'.";
            }
            else if (parsed != GranaryScope.User && User is not null)
            {
                yield return $"{path}:Scopes of a user's key can only be user; leave out User to make it a service key.";
            }
        }
    }

    /// <summary>The scopes that the key grants.</summary>
    public IEnumerable<GranaryScope> Granted()
    {
        if (Scopes is { Count: > 0 })
        {
            return Scopes.Select(scope => TryParseScope(scope, out var parsed) ? parsed : GranaryScope.Open);
        }

        return User is null ? [GranaryScope.User, GranaryScope.Tenant, GranaryScope.Service] : [GranaryScope.User];
    }

    private static bool TryParseScope(string text, out GranaryScope scope)
    {
        scope = text.ToLowerInvariant() switch
        {
            "user" => GranaryScope.User,
            "tenant" => GranaryScope.Tenant,
            "service" => GranaryScope.Service,
            "admin" => GranaryScope.Admin,
            _ => GranaryScope.Open,
        };
        return scope != GranaryScope.Open;
    }
}
